/**
 * TensorFlow.js with its WebAssembly backend. It runs operation by operation. Images have channels
 * last. Where its WebAssembly backend lacks a gradient's kernel the case is absent.
 */
import * as tf from "@tensorflow/tfjs"
import { getThreadsCount, setThreadsCount, setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm"
import { serve, threads } from "./protocol.js"
import { letThreadsRunInNode } from "./tfjs-threads.js"

if (threads > 1) {
  letThreadsRunInNode(threads)
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true)
  setThreadsCount(threads)
}

setWasmPaths(new URL("node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname)
await tf.setBackend("wasm")
await tf.ready()

const array = ({ data, shape }) => tf.tensor(data, shape, data instanceof Int32Array ? "int32" : "float32")
const arrays = (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, array(x)]))

/** A function `() => [tensors]`. The backend computes at once, so that a run is over when it returns. */
const calling = (fn) => ({
  run: () => tf.tidy(fn),
  read: async (results) => {
    const data = results.map((x) => x.dataSync())
    results.forEach((x) => x.dispose())
    return data
  },
  free: (results) => results.forEach((x) => x.dispose()),
})

/** w -= rate * gradient with its own optimiser. */
function descending(loss, t, rate) {
  const variables = Object.fromEntries(Object.entries(t).map(([name, x]) => [name, tf.variable(x)]))
  const optimizer = tf.train.sgd(rate)
  return {
    start: () => Object.entries(variables).forEach(([name, v]) => v.assign(t[name])),
    run: () => optimizer.minimize(() => loss(variables), true, Object.values(variables)),
    read: async (value) => {
      const data = [value.dataSync()]
      value.dispose()
      return data
    },
    free: (value) => value.dispose(),
  }
}

const crossEntropy = (logits, labels) => {
  const [batch, classes] = logits.shape
  return tf
    .logSoftmax(logits)
    .mul(tf.oneHot(labels, classes))
    .sum()
    .mul(-1 / batch)
}

function norm(x, scale, shift) {
  const centred = x.sub(x.mean(-1, true))
  return centred.div(centred.square().mean(-1, true).add(1e-5).sqrt()).mul(scale).add(shift)
}
const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1))
const mlp = (x, m, at) =>
  gelu(x.matMul(m[`f${at}`]).add(m[`g${at}`]))
    .matMul(m[`h${at}`])
    .add(m[`i${at}`])
const toHeads = (x, heads) => x.reshape([x.shape[0], heads, x.shape[1] / heads]).transpose([1, 0, 2])

function attend(q, k, v, mask) {
  const [heads, tokens, depth] = q.shape
  const scores = tf.matMul(q, k, false, true).mul(depth ** -0.5)
  const weights = tf.softmax(mask === undefined ? scores : scores.add(mask))
  return weights
    .matMul(v)
    .transpose([1, 0, 2])
    .reshape([tokens, heads * depth])
}

/** Heaviside forwards, max(0, 1 - |x|) or 1 / (1 + (pi x)^2) backwards. */
const surrogate = (derivative) =>
  tf.customGrad((x, save) => {
    save([x])
    return { value: x.greaterEqual(0).cast("float32"), gradFunc: (g, [x]) => g.mul(derivative(x)) }
  })
const triangle = surrogate((x) => tf.relu(tf.sub(1, x.abs())))
const arctan = surrogate((x) => tf.reciprocal(x.mul(Math.PI).square().add(1)))

/** u[t] = 0.9 v[t-1] + I[t]; s = (u >= 1); v = u - s. `[time, ...]` -> spikes, same shape */
function fired(currents, spike) {
  let v
  const spikes = tf.unstack(currents).map((now) => {
    const u = v === undefined ? now : v.mul(0.9).add(now)
    const s = spike(u.sub(1))
    v = u.sub(s)
    return s
  })
  return tf.stack(spikes)
}

/** A product of `[time, batch, k]` as one of `[time * batch, k]`. */
function product(x, w) {
  const [steps, batch, size] = x.shape
  return x
    .reshape([steps * batch, size])
    .matMul(w)
    .reshape([steps, batch, w.shape[1]])
}

const spiking =
  (spike) =>
  async (inputs, { rate }) => {
    const { x, labels, ...t } = arrays(inputs)
    return descending((m) => crossEntropy(product(fired(product(x, m.w0), spike), m.w1).mean(0), labels), t, rate)
  }

const cases = {
  // C = A B
  async matmul(inputs) {
    const { a, b } = arrays(inputs)
    return calling(() => [tf.matMul(a, b)])
  },

  async perceptron(inputs, { rate }) {
    const { x, labels, ...t } = arrays(inputs)
    const loss = (m) => {
      const first = x.matMul(m.w0).add(m.b0).relu()
      const second = first.matMul(m.w1).add(m.b1).relu()
      return crossEntropy(second.matMul(m.w2).add(m.b2), labels)
    }
    return descending(loss, t, rate)
  },

  async transformer(inputs, { tokens, heads }) {
    const { target, ...t } = arrays(inputs)
    const names = Object.keys(t).sort()
    const mask = tf.tensor2d(
      Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens <= Math.floor(i / tokens) ? 0 : -1e9)),
      [tokens, tokens],
    )
    const error = (...leaves) => {
      const m = Object.fromEntries(names.map((name, i) => [name, leaves[i]]))
      const normed = norm(m.x, m.n, m.o)
      const [q, k, v] = [m.q, m.k, m.v].map((w) => toHeads(normed.matMul(w), heads))
      const mixed = m.x.add(attend(q, k, v, mask).matMul(m.p))
      return mixed
        .add(mlp(norm(mixed, m.m, m.l), m, ""))
        .sub(target)
        .square()
        .mean()
    }
    const both = tf.valueAndGrads(error)
    const leaves = names.map((name) => t[name])
    return calling(() => {
      const { value, grads } = both(leaves)
      return [value, ...grads]
    })
  },

  async decode(inputs, { heads, layers }) {
    const m = arrays(inputs)
    return calling(() => {
      let x = m.x
      for (let at = 0; at < layers; at++) {
        const normed = norm(x, m[`n${at}`], m[`o${at}`])
        const [q, k, v] = ["q", "k", "v"].map((name) => toHeads(normed.matMul(m[`${name}${at}`]), heads))
        const attended = attend(q, tf.concat([m[`keys${at}`], k], 1), tf.concat([m[`values${at}`], v], 1))
        x = x.add(attended.matMul(m[`p${at}`]))
        x = x.add(mlp(norm(x, m[`m${at}`], m[`l${at}`]), m, String(at)))
      }
      return [x]
    })
  },

  spiking: spiking(triangle),
  "spiking-arctan": spiking(arctan),

  async "spiking-inference"(inputs) {
    const { x, w0, w1 } = arrays(inputs)
    return calling(() => [product(fired(product(x, w0), triangle), w1).mean(0)])
  },

  async recurrent(inputs, { rate }) {
    const { x, labels, ...t } = arrays(inputs)
    const loss = (m) => {
      let v
      let s
      const spikes = tf.unstack(product(x, m.w0)).map((now) => {
        const u = v === undefined ? now : v.mul(0.9).add(now).add(s.matMul(m.r))
        s = triangle(u.sub(1))
        v = u.sub(s)
        return s
      })
      return crossEntropy(product(tf.stack(spikes), m.w1).mean(0), labels)
    }
    return descending(loss, t, rate)
  },
}

const missing = "its WebAssembly backend has no gradient of a convolution's kernel (Conv2DBackpropFilter)"
await serve({
  cases,
  absent: {
    convolutional: missing,
    "spiking-convolutional": missing,
    gru: "one run takes more than two minutes: its products with a transposed factor, two a step backwards, are slow",
  },
  versions: { "@tensorflow/tfjs": tf.version_core, "@tensorflow/tfjs-backend-wasm": version_wasm },
  usedThreads: threads > 1 ? getThreadsCount() : 1,
})
