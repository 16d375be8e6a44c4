import type { Device } from "../device.ts"
import { referenceDevice } from "../reference.ts"
export const wasmDevice = (): Device => referenceDevice()
