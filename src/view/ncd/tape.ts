/** A term under construction: boxes on arrays that are known by what stands for them, and how they become columns. */
import { formatAffine, isOwn, isPlain, at as placeAt } from "./affine.ts"
import { substituted } from "./rewrite.ts"
import {
  type ArrayType,
  type Attributes,
  type Axis,
  array,
  type Box,
  degreeOf,
  type Morphism,
  type Parameter,
  readWhole,
  type Slot,
  sameArray,
  type Weave,
} from "./terms.ts"
import { arrange } from "./trace/arrange.ts"
import type { Piece } from "./trace/piece.ts"
import type { Group } from "./trace/values.ts"

/** An array of the term. */
export interface Wire {
  readonly array: ArrayType
}

/** An array as a box reads it. */
export interface Read {
  readonly wire: Wire
  readonly slots: readonly Slot[]
}

export const readOwn = (wire: Wire): Read => ({ wire, slots: readWhole(wire.array).slots })

/** What the results of sums of products are made by. */
export interface Product {
  readonly op: string
  readonly attributes: Attributes
  readonly factors: readonly Read[]
  readonly parameters: readonly Parameter[]
}
export const productOf = (...factors: readonly Read[]): Product => ({
  op: "einsum",
  attributes: {},
  factors,
  parameters: [],
})

export class Tape {
  readonly pieces: Piece<Wire>[] = []
  /** The block in which the next boxes stand. */
  group: Group | undefined
  /** Names of axes that are in use. */
  private readonly names: Set<string>

  constructor(names: Set<string>) {
    this.names = names
  }

  fresh({ name, size }: Axis): Axis {
    let own = name
    while (this.names.has(own)) own += "'"
    this.names.add(own)
    return { name: own, size }
  }

  part(part: Morphism, inputs: readonly Wire[], arrays: readonly ArrayType[]): Wire[] {
    const outputs = arrays.map((own): Wire => ({ array: own }))
    this.pieces.push({ part, inputs, outputs, group: this.group })
    return outputs
  }

  /** @param slots of the output; its own axes by default */
  box(
    op: string,
    attributes: Attributes,
    inputs: readonly Read[],
    out: ArrayType,
    {
      parameters = [],
      slots = readWhole(out).slots,
    }: { parameters?: readonly Parameter[]; slots?: readonly Slot[] } = {},
  ): Wire {
    const box: Box = {
      type: "box",
      op,
      attributes,
      inputs: inputs.map(({ wire, slots }) => ({ array: wire.array, slots })),
      parameters,
      outputs: [{ array: out, slots }],
    }
    return this.part(
      box,
      inputs.map((r) => r.wire),
      [out],
    )[0]
  }

  map(f: string, inputs: readonly Read[], out: ArrayType): Wire {
    return this.box("map", { f }, inputs, out)
  }

  /** A sum of products over all indices that the result lacks: nothing to do where it is its only factor. */
  product({ op, attributes, factors, parameters }: Product, out: ArrayType): Wire {
    const [first, ...more] = factors
    const isThere =
      more.length === 0 && parameters.length === 0 && first !== undefined && sameArray(first.wire.array, out)
    if (isThere && first.slots.every((s, i) => s !== "target" && isOwn(s, out.axes[i]))) return first.wire
    return this.box(op, attributes, factors, out, { parameters })
  }

  /**
   * The partner of reading an array at places: sums of products over everything that was read from the same element.
   * @param weave how the array was read
   * @param names of its targets in the factors, in their order
   */
  mirrored(made: Product, { array: own, slots }: Weave, names: readonly Axis[] = []): Wire {
    const targets = [...names]
    const places = slots.map((s) => (s === "target" ? placeAt(targets.shift() as Axis) : s))
    const uses = places.flatMap((p) => p.terms.map((t) => t.axis.name))
    const isSimple = places.map(
      (p, i) =>
        isPlain(p) &&
        p.terms[0].axis.size === own.axes[i].size &&
        uses.filter((name) => name === p.terms[0].axis.name).length === 1,
    )
    const variables = [...new Map(places.flatMap((p) => p.terms.map(({ axis }) => [axis.name, axis]))).values()]
    const out = array(own.axes)
    if (isSimple.every((x) => x))
      return this.product(this.renamed(made, new Map(variables.map((v, i) => [v.name, own.axes[i]]))), out)
    const wide = this.product(made, array(variables))
    const plain = new Map(places.flatMap((p, i) => (isSimple[i] ? [[p.terms[0].axis.name, own.axes[i]]] : [])))
    const words = places.flatMap((p, i) => (isSimple[i] ? [] : [[own.axes[i].name, formatAffine(p)]]))
    const from = variables.map((v): Slot => (plain.has(v.name) ? placeAt(plain.get(v.name) as Axis) : "target"))
    return this.box("put", { places: Object.fromEntries(words) }, [{ wire: wide, slots: from }], out, {
      slots: own.axes.map((axis, i) => (isSimple[i] ? placeAt(axis) : "target")),
    })
  }

  /** Indices renamed to the axes that they stand for; others of the same name make room. */
  private renamed(made: Product, to: ReadonlyMap<string, Axis>): Product {
    const all = [...made.factors.map((f) => f.slots), ...made.parameters.map((p) => p.slots)].flatMap((slots) =>
      slots.flatMap((s) => (s === "target" ? [] : s.terms.map((t) => t.axis))),
    )
    const taken = new Set([...to.values()].map((axis) => axis.name))
    const by = new Map([...to].map(([name, axis]) => [name, placeAt(axis)]))
    for (const axis of all) if (!by.has(axis.name) && taken.has(axis.name)) by.set(axis.name, placeAt(this.fresh(axis)))
    const moved = (slots: readonly Slot[]): Slot[] => slots.map((s) => (s === "target" ? s : substituted(s, by)))
    return {
      ...made,
      factors: made.factors.map((f) => ({ ...f, slots: moved(f.slots) })),
      parameters: made.parameters.map((p) => ({ ...p, slots: moved(p.slots) })),
    }
  }

  /** Axes under which targets can stand beside the indices of a box. */
  beside(box: Box, targets: readonly Axis[]): Axis[] {
    const degree = new Set(degreeOf(box).map((axis) => axis.name))
    return targets.map((axis) => (degree.has(axis.name) ? this.fresh(axis) : axis))
  }

  zero({ axes }: ArrayType): Wire {
    return this.map("0", [], array(axes))
  }

  /** The term of what is needed for the outputs. */
  term(inputs: readonly Wire[], outputs: readonly Wire[]): Morphism {
    const needed = new Set(outputs)
    const list: Piece<Wire>[] = []
    for (const piece of this.pieces.toReversed())
      if (piece.outputs.some((w) => needed.has(w))) {
        list.unshift(piece)
        for (const w of piece.inputs) needed.add(w)
      }
    return arrange((w) => w.array, list, inputs, outputs)
  }
}
