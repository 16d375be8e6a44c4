/** For the tests of threads, in Node and in the browser: programs large enough to be shared, with tails in every direction. */
import { asEvents, bernoulli, concat, grad, key, normal, range, scan, type Tensor, take, uniform } from "../../index.ts"

const spikes = (seed: number, density: number, shape: number[]): Tensor =>
  asEvents(bernoulli(key(seed), density, shape).cast("f32"))

export const programs: Record<string, () => Tensor> = {
  elementwise: () => normal(key(1), [333, 517]).mul(2).exp().add(1).log(),
  "one long row": () => uniform(key(1), [100_003]).sub(0.5).tanh(),
  broadcast: () =>
    normal(key(1), [301, 97])
      .add(normal(key(2), [97]))
      .mul(normal(key(3), [301, 1])),
  transpose: () => normal(key(1), [257, 131]).T.add(1),
  "few long rows": () => normal(key(1), [3, 20_001]).add(normal(key(2), [20_001])),
  "random bits": () => uniform(key(9), [50_001]),
  "matmul, many columns": () => normal(key(1), [131, 300]).matmul(normal(key(2), [300, 301])),
  "matmul, few columns": () => normal(key(1), [1003, 290]).matmul(normal(key(2), [290, 10])),
  "matmul, few rows": () => normal(key(1), [5, 700]).matmul(normal(key(2), [700, 515])),
  "one row": () => normal(key(1), [1, 701]).matmul(normal(key(2), [701, 1003])),
  "three rows of a transpose": () => normal(key(1), [701, 3]).T.matmul(normal(key(2), [1003, 701]).T),
  "batched products": () => normal(key(1), [13, 3, 40, 50]).matmul(normal(key(2), [13, 3, 50, 30])),
  "products of a shared matrix": () =>
    normal(key(1), [13, 40, 50]).matmul(normal(key(2), [50, 30]).broadcastTo([13, 50, 30])),
  "events by row": () => spikes(1, 0.1, [128, 300]).matmul(normal(key(2), [300, 257])),
  "events by column": () => spikes(1, 0.1, [128, 301]).T.matmul(normal(key(2), [128, 257])),
  "dense events": () => spikes(1, 0.7, [128, 300]).matmul(normal(key(2), [300, 10])),
  "row sums": () => normal(key(1), [501, 203]).exp().sum(1),
  "column sums": () => normal(key(1), [501, 203]).exp().sum(0),
  "sum of all": () => normal(key(1), [501, 203]).sum(),
  softmax: () => normal(key(1), [700, 61]).softmax(),
  argmax: () => normal(key(1), [700, 61]).argmax().cast("f32"),
  rows: () => take(normal(key(1), [100, 300]), range(99)),
  joined: () => concat([normal(key(1), [100, 200]), normal(key(2), [57, 200])]),
  "a loop": () =>
    scan(
      (u: Tensor, x: Tensor) => {
        const next = u
          .mul(0.9)
          .add(x.matmul(normal(key(5), [100, 200])))
          .tanh()
        return [next, next.sum(1)]
      },
      normal(key(6), [130, 200]),
      normal(key(7), [7, 130, 100]),
    )[1] as Tensor,
  "a gradient through a loop": () =>
    grad((w: Tensor) =>
      (
        scan(
          (u: Tensor, x: Tensor) => [u.mul(0.9).add(x.matmul(w)).tanh(), u.square().sum()],
          normal(key(6), [130, 200]),
          normal(key(7), [7, 130, 100]),
        )[1] as Tensor
      ).sum(),
    )(normal(key(5), [100, 200])),
}
