import { expect, test } from "vitest"
import { isLoopback } from "./guards.ts"

test.each([
  ["127.0.0.1", true],
  ["127.8.0.1", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["192.168.1.2", false],
  ["127.0.0.1.evil.example", false],
])("%s is this machine: %s", (host, expected) => expect(isLoopback(host)).toBe(expected))
