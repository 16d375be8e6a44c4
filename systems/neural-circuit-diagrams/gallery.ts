/** The architectures that the paper draws, with weights from a seed. */
import {
  convTranspose2d,
  einsum,
  type Key,
  key,
  normal,
  softmax,
  split,
  type Tensor,
  type Tree,
} from "../../src/engine/index.ts"
import { conv2dLayer, linear } from "../../src/learn/index.ts"
import { type Diagram, diagramWith } from "../../src/view/index.ts"
import * as layers from "./layers.ts"

export interface Exhibit {
  readonly name: string
  readonly title: string
  /** Names of the axes of what goes in. */
  readonly axes: readonly string[]
  /** Of the weights, where they have names. */
  readonly weights?: Readonly<Record<string, string>>
  /** A model, what goes in, and the program. */
  make(random: Key): {
    readonly model: Tree
    readonly inputs: readonly Tensor[]
    readonly run: (model: Tree, ...inputs: Tensor[]) => Tensor
  }
}

export interface Sizes {
  readonly y: number
  readonly x: number
  readonly m: number
  readonly k: number
  readonly h: number
}

/** The paper's notebook: y 20, x 22, m 128, k 16, h 4. */
export const paperSizes: Sizes = { y: 20, x: 22, m: 128, k: 16, h: 4 }

export const exhibitsOf = ({ y, x, m, k, h }: Sizes): readonly Exhibit[] => [
  {
    name: "mlp",
    title: "Perceptron of three layers",
    axes: ["b p"],
    make: (random) => {
      const [a, b, c, d] = split(random, 4)
      const model = { first: linear(784, 512, a), second: linear(512, 512, b), third: linear(512, 10, c) }
      return {
        model,
        inputs: [normal(d, [4, 784])],
        run: (w: typeof model, z) => w.third.apply(w.second.apply(w.first.apply(z).relu()).relu()).softmax(),
      }
    },
  },
  {
    name: "attention",
    title: "Scaled dot-product attention",
    axes: ["y k", "x k", "x k"],
    make: (random) => {
      const [a, b, c] = split(random, 3)
      return {
        model: {},
        inputs: [normal(a, [y, k]), normal(b, [x, k]), normal(c, [x, k])],
        run: (_model, q, keys, values) =>
          einsum("yx,xk->yk", softmax(einsum("yk,xk->yx", q, keys).mul(k ** -0.5)), values),
      }
    },
  },
  {
    name: "multi-head",
    title: "Multi-head attention",
    axes: ["y m", "x m"],
    weights: { q: "m h k", k: "m h k", v: "m h k", o: "h k m" },
    make: (random) => {
      const [a, b, c] = split(random, 3)
      return {
        model: layers.heads(m, h, k, a),
        inputs: [normal(b, [y, m]), normal(c, [x, m])],
        run: (w: layers.Heads, z, memory) => layers.multiHead(w, z, memory),
      }
    },
  },
  {
    name: "transformer",
    title: "Encoder and decoder layer of a transformer",
    axes: ["x m", "y m"],
    make: (random) => {
      const [a, b, c, d] = split(random, 4)
      const model = { encoder: layers.encoder(m / 2, h, k, a), decoder: layers.decoder(m / 2, h, k, b) }
      return {
        model,
        inputs: [normal(c, [x, m / 2]), normal(d, [y, m / 2])],
        run: (w: typeof model, source, target) => layers.decode(w.decoder, target, layers.encode(w.encoder, source)),
      }
    },
  },
  {
    name: "convolutions",
    title: "Convolution with stride, with dilation, and transposed",
    axes: ["b c y x"],
    make: (random) => {
      const [a, b, c, d] = split(random, 4)
      const model = {
        strided: conv2dLayer(3, 8, 3, a, { stride: 2 }),
        dilated: conv2dLayer(8, 8, 3, b, { dilation: 2, padding: 2 }),
        transposed: normal(c, [8, 4, 2, 2], 0, 0.2),
      }
      return {
        model,
        inputs: [normal(d, [2, 3, 17, 17])],
        run: (w: typeof model, image) =>
          convTranspose2d(w.dilated.apply(w.strided.apply(image).relu()).relu(), w.transposed, { stride: 2 }),
      }
    },
  },
  {
    name: "resnet",
    title: "Identity residual network, three blocks a width",
    axes: ["b c y x"],
    make: (random) => {
      const widths = [16, 64, 128, 256]
      const keys = split(random, 20)
      const model = {
        stem: conv2dLayer(3, widths[0], 3, keys[0], { padding: 1 }),
        stages: widths.slice(1).map((width, s) => ({
          change: conv2dLayer(widths[s], width, 1, keys[1 + s], { stride: s === 0 ? 1 : 2 }),
          blocks: Array.from({ length: 3 }, (_, i) => layers.residual(width, keys[4 + 3 * s + i])),
        })),
        head: linear(widths[3], 10, keys[18]),
      }
      return {
        model,
        inputs: [normal(keys[19], [3, 3, 16, 16])],
        run: (w: typeof model, image) => {
          let z = w.stem.apply(image)
          for (const { change, blocks } of w.stages) {
            z = change.apply(z)
            for (const block of blocks) z = layers.residue(block, z)
          }
          return w.head.apply(z.relu().mean([2, 3]))
        },
      }
    },
  },
  {
    name: "u-net",
    title: "U-Net",
    axes: ["b c y x"],
    make: (random) => {
      const widths = [64, 128, 256]
      const keys = split(random, 10)
      const model = {
        down: widths.map((width, i) => layers.doubleConvolution(i === 0 ? 1 : widths[i - 1], width, keys[i])),
        raise: [0, 1].map((i) => normal(keys[3 + i], [widths[i + 1], widths[i], 2, 2], 0, widths[i] ** -0.5)),
        up: [0, 1].map((i) => layers.doubleConvolution(widths[i + 1], widths[i], keys[5 + i])),
        head: conv2dLayer(widths[0], 2, 1, keys[7]),
      }
      return {
        model,
        inputs: [normal(keys[8], [1, 1, 16, 16])],
        run: (w: typeof model, image) => {
          const a = layers.convolve(w.down[0], image)
          const b = layers.convolve(w.down[1], layers.pool(a))
          const c = layers.convolve(w.down[2], layers.pool(b))
          const d = layers.convolve(w.up[1], layers.raise(w.raise[1], c, b))
          return w.head.apply(layers.convolve(w.up[0], layers.raise(w.raise[0], d, a)))
        },
      }
    },
  },
  {
    name: "vision-transformer",
    title: "Vision transformer",
    axes: ["c y x"],
    make: (random) => {
      const keys = split(random, 8)
      const width = m / 2
      const model = {
        patches: conv2dLayer(3, width, 4, keys[0], { stride: 4 }),
        places: normal(keys[1], [16, width], 0, 0.1),
        layers: Array.from({ length: 3 }, (_, i) => layers.encoder(width, h, k, keys[2 + i])),
        head: linear(width, 10, keys[6]),
      }
      return {
        model,
        inputs: [normal(keys[7], [3, 16, 16])],
        run: (w: typeof model, image) => {
          const patches = w.patches
            .apply(image.reshape([1, 3, 16, 16]))
            .reshape([width, 16])
            .T.add(w.places)
          return w.head.apply(w.layers.reduce((z, layer) => layers.encode(layer, z), patches).mean(0))
        },
      }
    },
  },
  {
    name: "visual-attention",
    title: "Visual attention: projections are convolutions",
    axes: ["c y x"],
    make: (random) => {
      const [a, b, c, d] = split(random, 4)
      const projection = (own: Key) => conv2dLayer(8, k, 3, own, { stride: 3 })
      const model = { q: projection(a), k: projection(b), v: projection(c) }
      return {
        model,
        inputs: [normal(d, [8, 12, 12])],
        run: (w: typeof model, image) => {
          const wide = image.reshape([1, 8, 12, 12])
          const [q, keys, values] = [w.q, w.k, w.v].map((p) => p.apply(wide).reshape([k, 16]))
          return einsum("yx,kx->ky", softmax(einsum("ky,kx->yx", q, keys).mul(k ** -0.5)), values).reshape([k, 4, 4])
        },
      }
    },
  },
]

export interface Built {
  readonly exhibit: Exhibit
  readonly diagram: Diagram
}

/** An exhibit with its diagram, weights and inputs drawn from the seed. */
export function build(exhibit: Exhibit, seed: number): Built {
  const { model, inputs, run } = exhibit.make(key(seed))
  return {
    exhibit,
    diagram: diagramWith(
      { parameters: [0], axes: exhibit.axes, parameterAxes: exhibit.weights },
      run,
      model,
      ...inputs,
    ),
  }
}
