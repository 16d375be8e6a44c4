/**
 * jax-js with its WebAssembly backend. Every dense case is one compiled function. It has no loop over time and no custom gradients: time is unrolled, and
 * the surrogate gradient is written as stop(s - p) + p with the surrogate's primitive p, which has the same value and the same gradient. Of the spiking
 * cases only the neurons over time are compiled, as one function: as a whole they would compute the same spikes again for every use.
 */
import { readFileSync } from "node:fs"
import { serve, threads } from "./protocol.js"
import { installWebWorkers } from "./web-worker.js"

if (threads > 1) installWebWorkers(threads)
const {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy: np,
  tree,
  valueAndGrad,
} = await import("@jax-js/jax")
await init("wasm")
defaultDevice("wasm")

const array = ({ data, shape }) =>
  np.array(data, { dtype: data instanceof Int32Array ? np.int32 : np.float32 }).reshape(shape)
const arrays = (inputs) => Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, array(x)]))
/** A tree that a function may use up. */
const own = (t) => tree.map((x) => x.ref, t)

/** A compiled function `t => [arrays]` of fixed arguments. */
function calling(fn, t, compile = jit) {
  const compiled = compile(fn)
  return {
    run: () => blockUntilReady(compiled(own(t))),
    read: (results) => Promise.all(results.map((x) => x.data())),
    free: (results) => results.forEach((x) => x.dispose()),
  }
}

/** w -= rate * gradient, compiled as one function unless it says otherwise. */
function descending(loss, t, rate, fixed, compile = jit) {
  const step = compile((parameters, given) => {
    const [value, gradient] = valueAndGrad((m) => loss(m, given))(own(parameters))
    return [tree.map((w, g) => w.sub(g.mul(rate)), parameters, gradient), value]
  })
  let parameters = own(t)
  return {
    start() {
      tree.map((x) => x.dispose(), parameters)
      parameters = own(t)
    },
    async run() {
      const [next, value] = step(parameters, own(fixed))
      parameters = next
      await blockUntilReady([...Object.values(next), value])
      return value
    },
    read: async (value) => [await value.data()],
    free: (value) => value.dispose(),
  }
}

const crossEntropy = (logits, labels) => {
  const [batch, classes] = logits.shape
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(labels, classes))
    .sum()
    .mul(-1 / batch)
}

const conv = (x, kernel) => lax.conv(x, kernel, [1, 1], "SAME")
const maxPool = (x) => {
  const [batch, channels, height, width] = x.shape
  return np.max(x.reshape([batch, channels, height / 2, 2, width / 2, 2]), [3, 5])
}

function norm(x, scale, shift) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }))
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true })
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(scale)
    .add(shift)
}

const gelu = (x) => x.ref.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1))
const mlp = (x, m, at) => np.matmul(gelu(np.matmul(x, m[`f${at}`]).add(m[`g${at}`])), m[`h${at}`]).add(m[`i${at}`])

const toHeads = (x, heads) => x.reshape([x.shape[0], heads, x.shape[1] / heads]).transpose([1, 0, 2])

function attend(q, k, v, mask) {
  const [heads, tokens, depth] = q.shape
  const scores = np.matmul(q, k.transpose([0, 2, 1])).mul(depth ** -0.5)
  const weights = nn.softmax(mask === undefined ? scores : scores.add(mask))
  return np
    .matmul(weights, v)
    .transpose([1, 0, 2])
    .reshape([tokens, heads * depth])
}

/** Heaviside with the gradient max(0, 1 - |x|), or with 1 / (1 + (pi x)^2), whose primitive is arctan(pi x) / pi. */
const spikes = {
  triangle(x) {
    const inside = np.clip(x.ref, -1, 1)
    const primitive = inside.ref.sub(np.abs(inside.ref).mul(inside).mul(0.5))
    return through(x, primitive)
  },
  arctan: (x) => through(x.ref, np.arctan(x.mul(Math.PI)).mul(1 / Math.PI)),
}
function through(x, primitive) {
  const step = np.where(np.greaterEqual(x, 0), 1, 0)
  return lax.stopGradient(step.sub(primitive.ref)).add(primitive)
}

/** u[t] = 0.9 v[t-1] + I[t]; s = (u >= 1); v = u - s. Currents `[time, ...]` -> spikes, same shape */
const firing = (spike) =>
  jit((currents) => {
    const steps = currents.shape[0]
    const made = []
    let v
    for (let t = 0; t < steps; t++) {
      const now = (t === steps - 1 ? currents : currents.ref).slice(t)
      const u = v === undefined ? now : v.mul(0.9).add(now)
      const s = spike((t === steps - 1 ? u : u.ref).sub(1))
      if (t < steps - 1) v = u.sub(s.ref)
      made.push(s)
    }
    return np.stack(made)
  })
const asItIs = (fn) => fn

const spiking =
  (spike) =>
  async (inputs, { rate }) => {
    const { x, labels, ...t } = arrays(inputs)
    const fired = firing(spike)
    const loss = (m, given) => {
      const s = fired(np.matmul(given.x, m.w0))
      return crossEntropy(np.mean(np.matmul(s, m.w1), 0), given.labels)
    }
    return descending(loss, t, rate, { x, labels }, asItIs)
  }

const cases = {
  // C = A B
  matmul: async (inputs) => calling(({ a, b }) => [np.matmul(a, b)], arrays(inputs)),

  async perceptron(inputs, { rate }) {
    const { x, labels, ...t } = arrays(inputs)
    const loss = (m, given) => {
      const first = nn.relu(np.matmul(given.x, m.w0).add(m.b0))
      const second = nn.relu(np.matmul(first, m.w1).add(m.b1))
      return crossEntropy(np.matmul(second, m.w2).add(m.b2), given.labels)
    }
    return descending(loss, t, rate, { x, labels })
  },

  async convolutional(inputs, { rate }) {
    const { x, labels, ...t } = arrays(inputs)
    const loss = (m, given) => {
      const first = maxPool(nn.relu(conv(given.x, m.c0).add(m.d0.reshape([1, 32, 1, 1]))))
      const second = maxPool(nn.relu(conv(first, m.c1).add(m.d1.reshape([1, 64, 1, 1]))))
      return crossEntropy(np.matmul(second.reshape([32, 4096]), m.w).add(m.b), given.labels)
    }
    return descending(loss, t, rate, { x, labels })
  },

  async transformer(inputs, { tokens, heads }) {
    const { target, ...t } = arrays(inputs)
    const names = Object.keys(t).sort()
    const mask = np.array(
      Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens <= Math.floor(i / tokens) ? 0 : -1e9)),
    )
    const error = (m, given) => {
      const normed = norm(m.x.ref, m.n, m.o)
      const v = toHeads(np.matmul(normed.ref, m.v), heads)
      const k = toHeads(np.matmul(normed.ref, m.k), heads)
      const q = toHeads(np.matmul(normed, m.q), heads)
      const mixed = m.x.add(np.matmul(attend(q, k, v, given.mask), m.p))
      const out = mixed.ref.add(mlp(norm(mixed, m.m, m.l), m, ""))
      return np.mean(np.square(out.sub(given.target)))
    }
    const both = ({ m, given }) => {
      const [value, gradient] = valueAndGrad((own) => error(own, given))(m)
      return [value, ...names.map((name) => gradient[name])]
    }
    return calling(both, { m: t, given: { target, mask: mask.reshape([tokens, tokens]) } })
  },

  async decode(inputs, { heads, layers }) {
    return calling((m) => {
      let x = m.x
      for (let at = 0; at < layers; at++) {
        const normed = norm(x.ref, m[`n${at}`], m[`o${at}`])
        const q = toHeads(np.matmul(normed.ref, m[`q${at}`]), heads)
        const k = toHeads(np.matmul(normed.ref, m[`k${at}`]), heads)
        const v = toHeads(np.matmul(normed, m[`v${at}`]), heads)
        const attended = attend(q, np.concatenate([m[`keys${at}`], k], 1), np.concatenate([m[`values${at}`], v], 1))
        x = x.add(np.matmul(attended, m[`p${at}`]))
        x = x.ref.add(mlp(norm(x, m[`m${at}`], m[`l${at}`]), m, String(at)))
      }
      return [x]
    }, arrays(inputs))
  },

  spiking: spiking(spikes.triangle),
  "spiking-arctan": spiking(spikes.arctan),

  async "spiking-inference"(inputs) {
    const fired = firing(spikes.triangle)
    const forwards = (m) => [np.mean(np.matmul(fired(np.matmul(m.x, m.w0)), m.w1), 0)]
    return calling(forwards, arrays(inputs), asItIs)
  },

  async "spiking-convolutional"(inputs, { rate, steps }) {
    const { x, labels, ...t } = arrays(inputs)
    const [first, second] = [firing(spikes.triangle), firing(spikes.triangle)]
    const loss = (m, given) => {
      const drive = conv(given.x, m.c0)
      const s = first(np.broadcastTo(drive.reshape([1, 32, 32, 32, 32]), [steps, 32, 32, 32, 32]))
      const current = conv(maxPool(s.reshape([steps * 32, 32, 32, 32])), m.c1)
      const r = second(current.reshape([steps, 32, 64, 16, 16])).reshape([steps * 32, 64, 16, 16])
      const votes = np.matmul(maxPool(r).reshape([steps, 32, 4096]), m.w)
      return crossEntropy(np.mean(votes, 0), given.labels)
    }
    return descending(loss, t, rate, { x, labels }, asItIs)
  },
}

const { version } = JSON.parse(readFileSync(new URL("node_modules/@jax-js/jax/package.json", import.meta.url)))
await serve({
  cases,
  absent: {
    gru: "has no loop over time: 1,000 steps would be unrolled",
    recurrent: "has no loop over time: 100 steps with a product in each would be unrolled",
  },
  versions: { "@jax-js/jax": version },
  compiles: true,
})
