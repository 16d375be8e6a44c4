import { scan, type Tensor, valueAndGrad, zeros } from "../../src/engine/index.ts"
import { normals, zerosOf } from "../harness/arrays.ts"
import type { Case, Tensors } from "../harness/case.ts"
import { calling } from "../harness/work.ts"

const [batch, inputs, width, steps] = [32, 64, 256, 1000]

/**
 * A gated recurrent unit of 256 over 1,000 steps, batch 32, 64 inputs: the mean of h² over all steps and its gradients with respect to the weights.
 *   r, z = σ(x wr + h ur + b);   n = tanh(x wn + bn + r · (h un + cn));   h' = (1 - z) n + z h
 */
const gru: Case = {
  work: "gru",
  title: "GRU of 256, 1,000 steps, forwards and backwards",
  group: "scan",
  unit: "ms",
  parameters: { batch, inputs, width, steps },
  // Gates side by side in the order r, z, n.
  inputs: () => ({
    wi: normals(1, [inputs, 3 * width], 1 / Math.sqrt(inputs)),
    wh: normals(2, [width, 3 * width], 1 / Math.sqrt(width)),
    bi: zerosOf([3 * width]),
    bh: zerosOf([3 * width]),
    x: normals(3, [steps, batch, inputs], 1),
  }),
  ours: ({ x, ...model }) => {
    const loss = (m: Tensors, xs: Tensor): Tensor => {
      const given = xs.matmul(m.wi).add(m.bi)
      const [, squares] = scan(
        (h, now: Tensor) => {
          const own = h.matmul(m.wh).add(m.bh)
          const part = (from: Tensor, i: number): Tensor => from.slice(1, i * width, (i + 1) * width)
          const r = part(now, 0).add(part(own, 0)).sigmoid()
          const z = part(now, 1).add(part(own, 1)).sigmoid()
          const n = part(now, 2)
            .add(r.mul(part(own, 2)))
            .tanh()
          const next = n.add(z.mul(h.sub(n)))
          return [next, next.square().mean()]
        },
        zeros([batch, width]),
        given,
      )
      return squares.mean()
    }
    return calling(
      (m: Tensors, xs: Tensor) => {
        const [value, gradient] = valueAndGrad((own: Tensors) => loss(own, xs))(m)
        return [value, gradient.wi, gradient.wh, gradient.bi, gradient.bh]
      },
      model,
      x,
    )
  },
  compared: 1,
  tolerance: 1e-2,
}

export default [gru]
