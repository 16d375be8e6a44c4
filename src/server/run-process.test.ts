import { expect, test } from "vitest"
import { problemIn } from "./run-process.ts"

test.each([
  [
    "cajal: the run failed; from its last checkpoint it goes on with: cajal run walk --resume w\ncajal: walk: spread is not a finite number: NaN\n  at /home/me/walk.ts:3\n  hint: a lower rate\n",
    { message: "walk: spread is not a finite number: NaN", hint: "a lower rate" },
  ],
  [
    "TypeError: x is not a function\n    at run (/home/me/a.ts:1:2)\ncajal: this is a fault of cajal or of the system it ran, not of what was asked (cajal 0.1.0)\n",
    { message: "the run failed: x is not a function" },
  ],
  ["", { message: "the run failed" }],
])("what a run says when it fails, without places on this machine: %j", (errors, problem) => {
  expect(problemIn(errors)).toEqual(problem)
})
