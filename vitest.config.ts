import fs from "node:fs"
import path from "node:path"
import { defineConfig } from "vitest/config"

// Data that lies beside the checkout is used where the environment names none; without any, tests that need real data are skipped.
const besides = path.join(import.meta.dirname, "..", "shared", "data")
if (process.env.CAJAL_DATA === undefined && fs.existsSync(besides)) process.env.CAJAL_DATA = besides

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "systems/**/*.test.ts", "test/**/*.test.ts", "bench/*.test.ts"],
    testTimeout: 30_000,
    maxWorkers: 2,
    // Test files run side by side: each program on one thread, except where a test makes a device of more.
    env: { CAJAL_THREADS: "1" },
  },
})
