import { describe, expect, test } from "vitest"
import { useDevice } from "./devices/device.ts"
import { CajalError } from "./errors.ts"
import {
  cond,
  conv2d,
  customGradient,
  grad,
  jit,
  maxPool2d,
  scan,
  stack,
  type Tensor,
  tensor,
  topK,
  vmap,
  zeros,
} from "./index.ts"
import { allDevices } from "./testing.ts"

/** The error that a function throws. */
function caught(body: () => unknown): CajalError {
  try {
    body()
  } catch (error) {
    if (error instanceof CajalError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

/** The line of this file that called this function. */
const here = (): number => {
  const frame = (new Error().stack ?? "").split("\n").find((line, i) => i > 1 && line.includes("errors.test.ts"))
  return Number(/errors\.test\.ts:(\d+)/.exec(frame ?? "")?.[1])
}

const images = (): Tensor => zeros([128, 28, 28])
const weight = (): Tensor => zeros([784, 512])

describe.each(allDevices)("on %s", (device) => {
  test.each<[string, () => unknown, RegExp]>([
    ["matmul", () => images().matmul(weight()), /\[128, 28, 28\] by \[784, 512\]: the inner sizes 28 and 784 differ/],
    ["add", () => images().add(zeros([3])), /\[128, 28, 28\] and \[3\]/],
    ["reshape", () => weight().reshape([3, 3]), /\[784, 512\] .* \[3, 3\]/],
    ["conv2d", () => conv2d(images(), zeros([1, 1, 3, 3])), /f32 \[128, 28, 28\] and f32 \[1, 1, 3, 3\]/],
    ["maxPool2d", () => maxPool2d(images(), 2), /f32 \[128, 28, 28\]/],
    ["topK", () => topK(weight(), 600), /600 of the 512 elements of axis 1 of \[784, 512\]/],
    ["stack", () => stack([images(), weight()]), /f32 \[1, 128, 28, 28\], f32 \[1, 784, 512\]/],
    ["mean of an axis", () => weight().mean(2), /axis 2 does not exist/],
  ])("%s: the operation, both shapes, the caller's line, a sentence", (_, fail, message) => {
    useDevice(device, () => {
      const error = caught(fail)
      expect(error.message).toMatch(message)
      expect(error.where).toMatch(/errors\.test\.ts:\d+/)
      expect(error.message).not.toMatch(/undefined|NaN|object Object/)
    })
  })

  test("hints say what to do", () => {
    useDevice(device, () => {
      expect(caught(() => images().matmul(weight())).hint).toBe("flatten the first operand: a.reshape([128, 784])")
      expect(caught(() => zeros([2, 3]).matmul(zeros([5, 3]))).hint).toBe("transpose the second operand: b.T")
      expect(caught(() => zeros([2, 3]).matmul(zeros([4]))).message).toBe(
        "cannot multiply [2, 3] by [4]: the inner sizes 3 and 4 differ",
      )
      expect(caught(() => zeros([3]).matmul(zeros([4, 5]))).hint).toBe("the last size of the first operand must be 4")
    })
  })

  test("the line is the very line, eagerly and while tracing", () => {
    useDevice(device, () => {
      const [a, b] = [zeros([2, 3]), zeros([2, 3])]
      let line = 0
      const product = (x: Tensor): Tensor => {
        line = here() + 1
        return x.matmul(b)
      }
      const summed = (x: Tensor): Tensor => product(x).sum()
      const step = (c: Tensor, x: Tensor) => [c, product(x)] as const
      for (const run of [
        () => product(a),
        () => jit(product)(a),
        () => grad(summed)(a),
        () => jit(grad(summed))(a),
        () => scan(step, zeros([1]), zeros([4, 2, 3])),
        () => vmap(product)(zeros([5, 2, 3])),
        () =>
          cond(
            tensor(true),
            () => product(a),
            () => product(a),
          ),
      ])
        expect(caught(run).where).toMatch(new RegExp(`errors\\.test\\.ts:${line}\\)?$`))
      expect(line).toBeGreaterThan(0)
    })
  })

  test("the name of the caller's function is part of the place", () => {
    class Classifier {
      logits(x: Tensor): Tensor {
        return x.matmul(x)
      }
    }
    useDevice(device, () => {
      expect(caught(() => new Classifier().logits(zeros([2, 3]))).where).toMatch(
        /^Classifier\.logits \(errors\.test\.ts:\d+\)$/,
      )
    })
  })

  test("a tensor that left its function", () => {
    useDevice(device, () => {
      let kept: Tensor | undefined
      const f = jit((x: Tensor) => {
        kept = x.mul(2)
        return x
      })
      f(tensor([1, 2]))
      const leaked = kept as unknown as Tensor
      for (const use of [
        () => jit((x: Tensor) => x.add(leaked))(tensor([1, 2])),
        () => grad((x: Tensor) => x.mul(leaked).sum())(tensor([1, 2])),
      ]) {
        const error = caught(use)
        expect(error.message).toMatch(/a tensor f32 \[2\] left the function it was traced in/)
        expect(error.hint).toMatch(/return it/)
        expect(error.where).toMatch(/errors\.test\.ts:\d+/)
      }
      for (const use of [() => leaked.add(1), () => leaked.toList(), () => leaked.item()])
        expect(caught(use).where).toMatch(/errors\.test\.ts:\d+/)
    })
  })

  test("values of a tensor that is being traced", () => {
    useDevice(device, () => {
      const error = caught(() => jit((x: Tensor) => (x.sum().item() > 0 ? x : x.neg()))(tensor([1, 2])))
      expect(error.message).toMatch(/elements of a traced tensor f32 \[\] are not known yet/)
      expect(error.hint).toMatch(/where, cond/)
    })
  })

  test("a disposed tensor", () => {
    useDevice(device, () => {
      const x = tensor([1, 2])
      x.dispose()
      x.dispose()
      expect(caught(() => x.add(1)).message).toMatch(/f32 \[2\] was used after it was disposed/)
      let outside: Tensor | undefined
      {
        using y = tensor([3])
        outside = y
      }
      expect(caught(() => (outside as Tensor).array()).message).toMatch(/disposed/)
    })
  })

  test("a program still works after an error while it was traced", () => {
    useDevice(device, () => {
      let broken = true
      const f = jit((x: Tensor) => {
        if (broken) x.matmul(zeros([7, 7]))
        return x.mul(2)
      })
      caught(() => f(zeros([2, 3])))
      broken = false
      expect(f(tensor([1])).toList()).toEqual([2])
      expect(tensor([1]).add(1).toList()).toEqual([2])
    })
  })
})

test("a gradient rule of a wrong shape names the operator and both shapes", () => {
  const f = customGradient<[Tensor]>(
    (x) => x.sum(),
    (_, __, g) => [g],
  )
  expect(caught(() => grad((x: Tensor) => f(x))(tensor([1, 2]))).message).toMatch(
    /gradient .* input 0 has shape \[\], not \[2\]/,
  )
})

test("how the doors print an error", () => {
  const error = new CajalError("cannot do it", { hint: "do another thing", where: "here.ts:3" })
  expect(error.describe()).toBe("cannot do it\n  at here.ts:3\n  hint: do another thing")
  expect(new CajalError("alone").describe()).toBe("alone")
  expect(error).toBeInstanceOf(Error)
})

test("a tensor too large for any device is refused with its shape and bytes", () => {
  expect(() => zeros([100_000, 100_000])).toThrow(
    /a tensor f32 \[100000, 100000\] would take 37.3 GiB; a tensor may take 2 GiB/,
  )
})
