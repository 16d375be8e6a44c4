import { describe, expect, test } from "vitest"
import { claim, verdict, weigh } from "./claims.ts"

const memory = claim("memory", "memory does not grow", {
  paper: "70 % less",
  value: (m) => m["ours@24"]! / m["ours@6"]!,
  meets: (value) => value <= 1.05,
  threshold: "<= 1.05",
  control: (m) => m["bptt@24"]! / m["bptt@6"]!,
  loses: (value) => value >= 2.5,
})
const weighed = (metrics: Record<string, number>) => weigh([memory], metrics)[0]!

describe("weigh", () => {
  const good = { "ours@24": 10, "ours@6": 10, "bptt@24": 40, "bptt@6": 10 }

  test("meets a claim when our number meets it and the control loses", () => {
    expect(weighed(good)).toEqual({
      id: "memory",
      text: "memory does not grow",
      paper: "70 % less",
      value: 1,
      control: 4,
      met: true,
    })
  })

  test("does not meet it when our number fails, or when the control does as well", () => {
    expect(weighed({ ...good, "ours@24": 11 })).toMatchObject({ value: 1.1, met: false })
    expect(weighed({ ...good, "bptt@24": 10 })).toMatchObject({ value: 1, control: 1, met: false })
  })

  test("calls it not run when a number was not measured, ours or the control's", () => {
    const { "ours@6": _, ...noOurs } = good
    const { "bptt@6": __, ...noControl } = good
    expect(weighed(noOurs)).toMatchObject({ value: null, control: 4, met: null })
    expect(weighed(noControl)).toMatchObject({ value: 1, control: null, met: null })
    expect(weighed({ ...good, "ours@6": 0, "ours@24": 0 })).toMatchObject({ value: null, met: null })
  })

  test("does not let a missing number pass through a default or a comparison", () => {
    const sly = claim("sly", "", { paper: "", value: (m) => m.missing ?? 0, meets: () => true, threshold: "" })
    const late = claim("late", "", { paper: "", value: () => 1, meets: (v, m) => v !== m.missing, threshold: "" })
    expect(weigh([sly, late], {}).map((one) => one.met)).toEqual([null, null])
  })

  test("does not hide an error in the claim itself", () => {
    const broken = claim("broken", "", {
      paper: "",
      value: () => {
        throw new TypeError("slip")
      },
      meets: () => true,
      threshold: "",
    })
    expect(() => weigh([broken], {})).toThrow("slip")
  })
})

test("a control needs its condition", () => {
  const half = { paper: "", value: () => 1, meets: () => true, threshold: "", control: () => 1 }
  expect(() => claim("half", "", half)).toThrow("control and loses belong together")
})

test("verdicts are words", () => {
  expect([true, false, null].map((met) => verdict({ ...weighed({}), met }))).toEqual(["met", "not met", "not run"])
})
