/** Terms drawn from a seed, for tests and measurements: all kinds of boxes, equal sizes on purpose. */
import { type HostRandom, hostRandom } from "../../engine/index.ts"
import { affine, at } from "./affine.ts"
import {
  type ArrayType,
  type Attributes,
  type Axis,
  array,
  type Box,
  boxesOf,
  codomainOf,
  identityOn,
  type Morphism,
  product,
  readWhole,
  type Slot,
  type Weave,
} from "./terms.ts"
import { impliedParameters } from "./text-print.ts"

/** A term of 2 to 8 boxes over 1 to 3 arrays of 1 to 4 axes of sizes 1 to 6. The same seed gives the same term. */
export function randomTerm(seed: number): Morphism {
  return new Maker(hostRandom(seed)).term()
}

class Maker {
  readonly random: HostRandom
  names = 0
  weights = 0

  constructor(random: HostRandom) {
    this.random = random
  }

  below(n: number): number {
    return Math.floor(this.random.uniform() * n)
  }
  chance(p: number): boolean {
    return this.random.uniform() < p
  }
  some<T>(list: readonly T[], p = 0.5): T[] {
    return list.filter(() => this.chance(p))
  }
  axis(size = 1 + this.below(6)): Axis {
    const letters = "abcdefghijklmnopqrstuvwxyz"
    const n = this.names++
    return { name: letters[n % 26] + (n < 26 ? "" : `_${Math.floor(n / 26)}`), size }
  }

  term(): Morphism {
    const pool = Array.from({ length: 5 }, () => this.axis())
    const domain = Array.from({ length: 1 + this.below(3) }, () =>
      array([...this.random.permutation(pool.length)].slice(0, 1 + this.below(4)).map((i) => pool[i])),
    )
    const parts: Morphism[] = []
    let now: readonly ArrayType[] = domain
    const count = 2 + this.below(7)
    for (let boxes = 0; boxes < count; ) {
      const step = this.step(now)
      parts.push(step)
      now = codomainOf(step)
      boxes += [...boxesOf(step)].length
    }
    return { type: "compose", parts }
  }

  /** One column on the arrays that are there. */
  step(now: readonly ArrayType[]): Morphism {
    const kind = this.below(10)
    if (kind === 0 && now.length > 1) {
      const map = [...this.random.permutation(now.length)]
      return { type: "rearrange", from: now, map: map.slice(0, Math.max(1, map.length - this.below(2))) }
    }
    const i = this.below(now.length)
    if (kind <= 3 && i + 1 < now.length) return this.beside(now, i, 2, this.joined(now[i], now[i + 1]))
    if (kind === 4) return this.residual(now, i)
    if (kind === 5) return this.beside(now, i, 1, this.fenced(now[i]))
    return this.beside(now, i, 1, this.unary(now[i]))
  }

  beside(now: readonly ArrayType[], i: number, count: number, m: Morphism): Morphism {
    return product(
      ...(i > 0 ? [identityOn(now.slice(0, i))] : []),
      m,
      ...(i + count < now.length ? [identityOn(now.slice(i + count))] : []),
    )
  }

  box(op: string, attributes: Attributes, inputs: Weave[], outputs: Weave[]): Box {
    return { type: "box", op, attributes, inputs, parameters: [], outputs }
  }

  unary(a: ArrayType): Morphism {
    const { axes } = a
    const kind = this.below(7)
    if (kind === 0 || axes.length === 0) {
      const f = ["tanh(a)", "max(0,a)", "mul(a,0.5)", "sigmoid(a)", "add(a,1)", "neg(a)"][this.below(6)]
      return this.box("map", { f }, [readWhole(a)], [readWhole(a)])
    }
    if (kind === 1 || kind === 2) {
      const targets = new Set([axes[this.below(axes.length)], ...this.some(axes, 0.2)])
      const slots = axes.map((x): Slot => (targets.has(x) ? "target" : at(x)))
      if (kind === 1) return this.box("softmax", {}, [{ array: a, slots }], [{ array: a, slots }])
      const op = ["sum", "max", "min"][this.below(3)]
      return this.box(op, {}, [{ array: a, slots }], [readWhole(array(axes.filter((x) => !targets.has(x))))])
    }
    if (kind === 3) return this.learned(a)
    if (kind === 4) {
      // An index: one place of an axis.
      const fixed = this.below(axes.length)
      const slots = axes.map((x, i): Slot => (i === fixed ? affine([], this.below(x.size)) : at(x)))
      return this.box("map", { f: "a" }, [{ array: a, slots }], [readWhole(array(axes.filter((_, i) => i !== fixed)))])
    }
    if (kind === 5) {
      // Windows of an axis.
      const which = this.below(axes.length)
      const window = this.axis(1 + this.below(Math.min(3, axes[which].size)))
      const step = this.axis(axes[which].size - window.size + 1)
      const slots = axes.map(
        (x, i): Slot =>
          i === which
            ? affine([
                [step, 1],
                [window, 1],
              ])
            : at(x),
      )
      const out = axes.map((x, i) => (i === which ? step : x))
      return this.box(
        "einsum",
        {},
        [{ array: a, slots }],
        [readWhole(array(this.chance(0.5) || out.length > 3 ? out : [...out, window]))],
      )
    }
    // Another order, some axes summed, perhaps one repeated.
    const order = [...this.random.permutation(axes.length)].map((i) => axes[i])
    const kept = order.slice(0, Math.max(1, order.length - this.below(2)))
    return this.box(
      "einsum",
      {},
      [readWhole(a)],
      [readWhole(array(kept.length < 4 && this.chance(0.3) ? [...kept, this.axis(2)] : kept))],
    )
  }

  learned(a: ArrayType): Box {
    const lost = new Set([a.axes[this.below(a.axes.length)], ...this.some(a.axes, 0.15)])
    const kept = a.axes.filter((x) => !lost.has(x))
    const made = [this.axis(), ...(kept.length < 2 && this.chance(0.4) ? [this.axis()] : [])]
    const bias = this.chance(0.5)
    const box = this.box("linear", bias ? { bias: true } : {}, [readWhole(a)], [readWhole(array([...kept, ...made]))])
    return { ...box, parameters: impliedParameters(box, `L${this.weights++}`, bias) }
  }

  /** A contraction of two arrays, or a function of both elementwise. */
  joined(a: ArrayType, b: ArrayType): Box {
    const union = [...new Map([...a.axes, ...b.axes].map((x) => [x.name, x])).values()]
    const shared = union.filter((x) => [a, b].every((y) => y.axes.some((z) => z.name === x.name)))
    if (union.length <= 4 && this.chance(0.4)) {
      const f = ["add(a,b)", "mul(a,b)", "max(a,b)", "sub(a,b)"][this.below(4)]
      return this.box("map", { f }, [readWhole(a), readWhole(b)], [readWhole(array(union))])
    }
    const gone = new Set(this.some(shared, 0.7))
    const out = union.filter((x) => !gone.has(x)).slice(0, 4)
    return this.box("einsum", {}, [readWhole(a), readWhole(b)], [readWhole(array(out))])
  }

  residual(now: readonly ArrayType[], i: number): Morphism {
    const a = now[i]
    const f = this.box("map", { f: "tanh(a)" }, [readWhole(a)], [readWhole(a)])
    const fork: Morphism = { type: "rearrange", from: [a], map: [0, 0] }
    const branch: Morphism = { type: "product", parts: [identityOn([a]), f] }
    const sum = this.box("map", { f: "add(a,b)" }, [readWhole(a), readWhole(a)], [readWhole(a)])
    return this.beside(now, i, 1, { type: "compose", parts: [fork, branch, sum] })
  }

  /** A block, run once, repeated, or scanned over one of the axes. */
  fenced(a: ArrayType): Morphism {
    if (a.axes.length > 0 && this.chance(0.4)) {
      const [axis, ...rest] = a.axes
      const own = array(rest)
      const first = this.box("map", { f: "0" }, [], [readWhole(own)])
      const step = this.box("map", { f: "tanh(add(a,b))" }, [readWhole(own), readWhole(own)], [readWhole(own)])
      const fork: Morphism = { type: "rearrange", from: [own], map: [0, 0] }
      const scan: Morphism = {
        type: "block",
        style: "scan",
        title: "scan",
        repeat: 1,
        body: { type: "compose", parts: [step, fork] },
        loop: { axis, constants: 0, carries: 1, reverse: this.chance(0.3) },
      }
      const before: Morphism = { type: "product", parts: [first, identityOn([a])] }
      const after: Morphism = { type: "rearrange", from: codomainOf(scan), map: [1] }
      return { type: "compose", parts: [before, scan, after] }
    }
    const f = this.box("map", { f: "mul(a,0.5)" }, [readWhole(a)], [readWhole(a)])
    const body = this.chance(0.5)
      ? f
      : { type: "compose" as const, parts: [f, this.box("map", { f: "sin(a)" }, [readWhole(a)], [readWhole(a)])] }
    return { type: "block", style: "fence", title: `block ${this.below(9)}`, repeat: 1 + this.below(3), body }
  }
}
