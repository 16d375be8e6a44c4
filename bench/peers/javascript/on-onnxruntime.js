/** ONNX Runtime for the web with its WebAssembly backend, on models made here with the weights inside. It infers only. */
import { readFileSync } from "node:fs"
import * as ort from "onnxruntime-web"
import { OnnxModel } from "./onnx-model.js"
import { serve, threads } from "./protocol.js"

ort.env.wasm.numThreads = threads

/** A session of the model, run on the same inputs again and again. */
async function calling(model, outputs, inputs) {
  const session = await ort.InferenceSession.create(model.finish(outputs), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  })
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)]),
  )
  return {
    run: () => session.run(feeds),
    read: (results) => outputs.map(([name]) => results[name].data),
    free: (results) => Object.values(results).forEach((x) => x.dispose()),
  }
}

const cases = {
  // C = A B, both given at run time
  async matmul({ a, b }, { size }) {
    const m = new OnnxModel()
    const c = m.node("MatMul", [m.input("a", [size, size]), m.input("b", [size, size])])
    return calling(m, [[c, [size, size]]], { a, b })
  },

  async decode({ x, ...weights }, { width, heads, layers }) {
    const m = new OnnxModel()
    const w = (name) => m.constant(weights[name])
    const headShape = m.integers([1, heads, width / heads])
    const flat = m.integers([1, width])
    const scale = m.scalar((width / heads) ** -0.5)
    const norm = (from, scaleName, shiftName) =>
      m.node("LayerNormalization", [from, w(scaleName), w(shiftName)], { axis: -1, epsilon: 1e-5 })
    let from = m.input("x", [1, width])
    for (let at = 0; at < layers; at++) {
      const normed = norm(from, `n${at}`, `o${at}`)
      const [q, k, v] = ["q", "k", "v"].map((name) =>
        m.node("Transpose", [m.node("Reshape", [m.node("MatMul", [normed, w(`${name}${at}`)]), headShape])], {
          perm: [1, 0, 2],
        }),
      )
      const keys = m.node("Concat", [w(`keys${at}`), k], { axis: 1 })
      const values = m.node("Concat", [w(`values${at}`), v], { axis: 1 })
      const scores = m.node("Mul", [m.node("MatMul", [q, m.node("Transpose", [keys], { perm: [0, 2, 1] })]), scale])
      const mixed = m.node("MatMul", [m.node("Softmax", [scores], { axis: -1 }), values])
      const attended = m.node("Reshape", [m.node("Transpose", [mixed], { perm: [1, 0, 2] }), flat])
      from = m.node("Add", [from, m.node("MatMul", [attended, w(`p${at}`)])])
      const hidden = m.node("Gelu", [
        m.node("Add", [m.node("MatMul", [norm(from, `m${at}`, `l${at}`), w(`f${at}`)]), w(`g${at}`)]),
      ])
      from = m.node("Add", [from, m.node("Add", [m.node("MatMul", [hidden, w(`h${at}`)]), w(`i${at}`)])])
    }
    return calling(m, [[from, [1, width]]], { x })
  },

  // One product for all steps, then u = 0.9 v + I; s = (u >= 1); v = u - s, unrolled; one product for the readout.
  async "spiking-inference"({ x, w0, w1 }) {
    const steps = x.shape[0]
    const m = new OnnxModel()
    const current = m.node("MatMul", [m.input("x", x.shape), m.constant(w0)])
    const now = m.node("Split", [current], { axis: 0, num_outputs: steps }, steps)
    const [decay, one] = [m.scalar(0.9), m.scalar(1)]
    const spikes = []
    let v
    for (const input of now) {
      const u = v === undefined ? input : m.node("Add", [m.node("Mul", [v, decay]), input])
      const s = m.node("Cast", [m.node("GreaterOrEqual", [u, one])], { to: 1 })
      v = m.node("Sub", [u, s])
      spikes.push(s)
    }
    const votes = m.node("MatMul", [m.node("Concat", spikes, { axis: 0 }), m.constant(w1)])
    const mean = m.node("ReduceMean", [votes, m.integers([0])], { keepdims: 0 })
    return calling(m, [[mean, [1, w1.shape[1]]]], { x })
  },
}

const untrained = "infers only"
const training = [
  "perceptron",
  "convolutional",
  "transformer",
  "spiking",
  "spiking-arctan",
  "recurrent",
  "spiking-convolutional",
  "gru",
]
const { version } = JSON.parse(readFileSync(new URL("node_modules/onnxruntime-web/package.json", import.meta.url)))
await serve({
  cases,
  absent: Object.fromEntries(training.map((name) => [name, untrained])),
  versions: { "onnxruntime-web": version },
  compiles: false,
})
