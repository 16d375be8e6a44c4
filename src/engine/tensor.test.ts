import { describe, expect, test } from "vitest"
import { useDevice } from "./devices/device.ts"
import { jit, Tensor, tensor, zeros } from "./index.ts"
import { allDevices, otherDevices } from "./testing.ts"

describe.each(allDevices)("on %s", (device) => {
  const run = <T>(body: () => T): T => useDevice(device, body)

  test("of nested lists, typed arrays and host arrays", () => {
    run(() => {
      expect(tensor(3).host()).toEqual({ dtype: "f32", shape: [], data: new Float32Array([3]) })
      expect(
        tensor([
          [1, 2],
          [3, 4],
        ]).host(),
      ).toEqual({ dtype: "f32", shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) })
      expect(tensor([true, false]).dtype).toBe("bool")
      expect(tensor([1, 2], { dtype: "i32" }).array()).toEqual(new Int32Array([1, 2]))
      expect(tensor(new Float64Array([1, 2])).dtype).toBe("f64")
      expect(tensor(new Uint8Array([1, 2]), { shape: [2, 1] }).host()).toEqual({
        dtype: "u8",
        shape: [2, 1],
        data: new Uint8Array([1, 2]),
      })
      expect(tensor(new Float64Array([1.5, 2]), { dtype: "f32" }).array()).toEqual(new Float32Array([1.5, 2]))
      expect(tensor([]).shape).toEqual([0])
      expect(tensor([[], []]).shape).toEqual([2, 0])
      expect(Tensor.from({ dtype: "u32", shape: [1], data: new Uint32Array([4294967295]) }).item()).toBe(4294967295)
    })
  })

  test("the elements are copied in and out", () => {
    run(() => {
      const data = new Float32Array([1, 2])
      const x = tensor(data)
      data[0] = 9
      expect(x.toList()).toEqual([1, 2])
      x.array()[0] = 9
      expect(x.toList()).toEqual([1, 2])
      const shape = [2, 1]
      const y = Tensor.from({ dtype: "f32", shape, data: new Float32Array(2) })
      shape[0] = 7
      expect(y.shape).toEqual([2, 1])
    })
  })

  test("properties", () => {
    run(() => {
      const x = zeros([2, 3, 4], "f64")
      expect([x.rank, x.size, x.dtype, x.describe()]).toEqual([3, 24, "f64", "f64 [2, 3, 4]"])
      expect(x.device.name).toBe(device)
      expect(zeros([2, 0]).toList()).toEqual([[], []])
    })
  })

  test("many tensors: memory is given back", () => {
    run(() => {
      for (let i = 0; i < 50; i++) {
        using x = zeros([256, 1024]).add(i) // 50 MB in all
        expect(x.size).toBe(262144)
      }
    })
  })
})

test.each(otherDevices)("tensors move to the device that works on them: %s", (device) => {
  const x = useDevice("reference", () => tensor([1, 2]))
  const y = useDevice(device, () => tensor([10, 20]))
  const sum = useDevice(device, () => x.add(y))
  expect(sum.device.name).toBe(device)
  expect(sum.toList()).toEqual([11, 22])
  const back = useDevice("reference", () => jit((t: Tensor) => t.mul(y))(sum))
  expect(back.device.name).toBe("reference")
  expect(back.toList()).toEqual([110, 440])
})

describe("errors", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["ragged lists", () => tensor([[1, 2], [3]]), /lists of equal lengths/],
    ["lists of different depth", () => tensor([[1], 2]), /lists of equal lengths/],
    ["a wrong shape", () => tensor([1, 2, 3], { shape: [2, 2] }), /3 elements do not fill a tensor of shape \[2, 2\]/],
    ["item of many", () => tensor([1, 2]).item(), /item\(\) needs a tensor of one element, not f32 \[2\]/],
    ["an unknown device", () => useDevice("gpu" as never), /no device "gpu"/],
    ["not a list", () => tensor("abc" as never), /lists/],
  ])("%s", (_, fail, message) => {
    expect(fail).toThrow(message)
  })
})
