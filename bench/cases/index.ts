/** Everything that is measured side by side. */
import type { Case } from "../harness/case.ts"
import convolutional from "./convolutional.ts"
import decode from "./decode.ts"
import gru from "./gru.ts"
import matmul from "./matmul.ts"
import perceptron from "./perceptron.ts"
import recurrent from "./recurrent.ts"
import rules from "./rules.ts"
import spiking from "./spiking.ts"
import spikingConvolutional from "./spiking-convolutional.ts"
import transformer from "./transformer.ts"

export const cases: readonly Case[] = [
  ...matmul,
  ...perceptron,
  ...convolutional,
  ...transformer,
  ...decode,
  ...spiking,
  ...recurrent,
  ...spikingConvolutional,
  ...gru,
  ...rules,
]
