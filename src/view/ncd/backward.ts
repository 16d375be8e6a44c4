/** Terms run backwards: `x, dy -> dx`. */
import { CajalError } from "../../engine/errors.ts"
import { type Ran, ruleOf } from "./backward-rules.ts"
import { layersOf } from "./layers.ts"
import { readOwn, Tape, type Wire } from "./tape.ts"
import {
  type ArrayType,
  array,
  type Block,
  codomainOf,
  compose,
  domainOf,
  identityOn,
  type Loop,
  type Morphism,
  product,
} from "./terms.ts"
import { forEachAxis } from "./text-print.ts"
import type { Group } from "./trace/values.ts"

/** Gradients run along real numbers and spikes. */
const isSmooth = ({ kind }: ArrayType): boolean => kind === "real" || kind === "spike"
const slopeOf = ({ axes }: ArrayType): ArrayType => array(axes)

/**
 * The backward pass of a term, as a term: it takes what the term takes and the gradient of each real array that it gives, and gives the
 * gradient of each real array that it takes. Parameters are constants. A linear box becomes its mirror image, a copy a sum and a sum a
 * copy, an elementwise function the product of its slope and the gradient at each index, an inner product the product with its partner.
 * @throws CajalError for boxes that are only known by name, and for blocks whose gradient is a rule of their own
 * @source Abbott, Neural Circuit Diagrams (2024), section on back-propagation
 */
export function backwardOf(term: Morphism): Morphism {
  return backwardWith(term, codomainOf(term).map(isSmooth), domainOf(term).map(isSmooth))
}

/** @param given, wanted for which results the gradient is known, and of which operands it is asked for */
function backwardWith(term: Morphism, given: readonly boolean[], wanted: readonly boolean[]): Morphism {
  const names = new Set<string>()
  forEachAxis(term, ({ name }) => names.add(name))
  const run = new Run(new Tape(names))
  const inputs = domainOf(term).map((own): Wire => ({ array: own }))
  const outputs = run.forward(term, inputs)
  const seeds: Wire[] = []
  outputs.forEach((wire, i) => {
    if (!given[i]) return
    const seed = { array: slopeOf(wire.array) }
    seeds.push(seed)
    run.add(wire, seed)
  })
  run.back()
  const results = inputs.filter((_, i) => wanted[i]).map((wire) => run.slopes.get(wire) ?? run.tape.zero(wire.array))
  return run.tape.term([...inputs, ...seeds], results)
}

interface BlockRan {
  readonly block: Block
  readonly inputs: readonly Wire[]
  readonly outputs: readonly Wire[]
}

class Run {
  readonly tape: Tape
  readonly slopes = new Map<Wire, Wire>()
  private readonly ran: { what: Ran | BlockRan; group: Group | undefined; piece: number }[] = []
  private readonly mirrors = new Map<Group, Group>()

  constructor(tape: Tape) {
    this.tape = tape
  }

  /** Runs a term as it stands; repeated blocks turn by turn. */
  forward(m: Morphism, inputs: readonly Wire[]): Wire[] {
    let now = [...inputs]
    for (const layer of layersOf(m)) {
      let from = 0
      now = layer.flatMap((part) => {
        const count = domainOf(part).length
        const own = now.slice(from, from + count)
        from += count
        if (part.type === "rearrange") return part.map.map((i) => own[i])
        if (part.type === "block" && part.style === "fence") return this.fence(part, own)
        const outputs = this.tape.part(part, own, codomainOf(part))
        const what = part.type === "box" ? { box: part } : { block: part }
        this.ran.push({
          what: { ...what, inputs: own, outputs } as Ran | BlockRan,
          group: this.tape.group,
          piece: this.tape.pieces.length - 1,
        })
        return outputs
      })
    }
    return now
  }

  private fence({ title, repeat, body }: Block, inputs: readonly Wire[]): Wire[] {
    const parent = this.tape.group
    let now = [...inputs]
    for (let turn = 0; turn < repeat; turn++) {
      this.tape.group = { name: repeat > 1 ? `${title} ${turn}` : title, style: "fence", parent }
      const own = repeat > 1 ? inTurn(body, turn) : body
      const given = this.forward(own, now)
      now = turn + 1 < repeat ? [...given, ...now.slice(given.length)] : given
    }
    this.tape.group = parent
    return now
  }

  /** What was copied is added up. */
  add(wire: Wire, slope: Wire): void {
    const before = this.slopes.get(wire)
    const own = slopeOf(wire.array)
    this.slopes.set(
      wire,
      before === undefined ? slope : this.tape.map("add(a,b)", [readOwn(before), readOwn(slope)], own),
    )
  }

  back(): void {
    for (const { what, group, piece } of this.ran.toReversed()) {
      const dys = what.outputs.map((w) => this.slopes.get(w))
      if (dys.every((dy) => dy === undefined)) continue
      this.tape.group = this.mirrorOf(group)
      if ("box" in what) this.box(what, dys)
      else this.block(what, dys, piece)
    }
    this.tape.group = undefined
  }

  private mirrorOf(group: Group | undefined): Group | undefined {
    if (group === undefined) return undefined
    const known = this.mirrors.get(group)
    if (known !== undefined) return known
    const made: Group = { name: `∂ ${group.name}`, style: group.style, parent: this.mirrorOf(group.parent) }
    this.mirrors.set(group, made)
    return made
  }

  private box(ran: Ran, dys: readonly (Wire | undefined)[]): void {
    const rule = ruleOf(ran.box)
    ran.inputs.forEach((wire, by) => {
      if (!isSmooth(wire.array)) return
      if (rule === undefined)
        throw new CajalError(`the box ${ran.box.op} has no gradient`, {
          hint: "the diagram knows no more of it than its name",
        })
      const slope = rule(this.tape, ran, dys, by)
      if (slope !== undefined) this.add(wire, slope)
    })
  }

  private block({ block, inputs, outputs }: BlockRan, dys: readonly (Wire | undefined)[], piece: number): void {
    if (block.style === "custom")
      throw new CajalError(`the block ${block.title} has a gradient of its own, which the diagram does not hold`, {
        hint: "draw the gradient of the program instead",
      })
    if (block.loop === undefined) this.choice(block, inputs, dys)
    else this.scan(block, block.loop, inputs, outputs, dys, piece)
  }

  /** The same choice between the backward passes of both branches. */
  private choice(
    { title, body }: Block,
    [asked, ...inputs]: readonly Wire[],
    dys: readonly (Wire | undefined)[],
  ): void {
    const wanted = inputs.map((w) => isSmooth(w.array))
    const seeds = dys.filter((dy) => dy !== undefined)
    const inner = new Tape(new Set())
    const own = [...inputs, ...seeds].map((w): Wire => ({ array: w.array }))
    const results = inputs.filter((_, i) => wanted[i]).map((w) => slopeOf(w.array))
    const halves = [0, 1].flatMap((half) => {
      const given = [0, 1].flatMap((other) => dys.map((dy) => dy !== undefined && other === half))
      return inner.part(backwardWith(body, given, wanted), own, results)
    })
    const made: Block = {
      type: "block",
      style: "choice",
      title: `∂ ${title}`,
      repeat: 1,
      body: inner.term(own, halves),
    }
    const slopes = this.tape.part(made, [asked, ...inputs, ...seeds], results)
    inputs.filter((_, i) => wanted[i]).forEach((wire, i) => this.add(wire, slopes[i]))
  }

  /** A scan against the direction of the first one, over what that one carried. */
  private scan(
    block: Block,
    loop: Loop,
    inputs: readonly Wire[],
    outputs: readonly Wire[],
    dys: readonly (Wire | undefined)[],
    piece: number,
  ): void {
    const { axis, constants, carries } = loop
    const { body, title } = block
    const taken = domainOf(body)
    const carried = taken.slice(constants, constants + carries)
    // The first scan gives what it carried into each step as well.
    const saved = carried.map((own): Wire => ({ array: array([axis, ...own.axes], own.kind) }))
    const copied = compose(
      { type: "rearrange", from: taken, map: [...taken.keys(), ...carried.map((_, i) => constants + i)] },
      product(body, identityOn(carried)),
    )
    const before = this.tape.pieces[piece]
    this.tape.pieces[piece] = { ...before, part: { ...block, body: copied }, outputs: [...outputs, ...saved] }

    const given = codomainOf(body).map((own, i) => isSmooth(own) && (i < carries || dys[i] !== undefined))
    const wanted = taken.map(isSmooth)
    const wire = (own: ArrayType): Wire => ({ array: own })
    const inner = new Tape(new Set())
    const [c, h, x] = [
      taken.slice(0, constants).map(wire),
      carried.map(wire),
      taken.slice(constants + carries).map(wire),
    ]
    const steps = codomainOf(body)
    const dh = steps.slice(0, carries).filter(isSmooth).map(slopeOf).map(wire)
    const dy = steps.flatMap((own, i) => (i >= carries && given[i] ? [wire(slopeOf(own))] : []))
    const sums = c.filter((w) => isSmooth(w.array)).map((w) => wire(slopeOf(w.array)))
    const slopes = inner.part(
      backwardWith(body, given, wanted),
      [...c, ...h, ...x, ...dh, ...dy],
      taken.filter((_, i) => wanted[i]).map(slopeOf),
    )
    const added = sums.map((w, i) => inner.map("add(a,b)", [readOwn(w), readOwn(slopes[i])], w.array))
    const made: Block = {
      type: "block",
      style: "scan",
      title: `∂ ${title}`,
      repeat: 1,
      loop: { axis, constants, carries: dh.length + sums.length, reverse: !loop.reverse },
      body: inner.term(
        [...c, ...dh, ...sums, ...h, ...x, ...dy],
        [...slopes.slice(sums.length, sums.length + dh.length), ...added, ...slopes.slice(sums.length + dh.length)],
      ),
    }
    const first = outputs
      .slice(0, carries)
      .flatMap((w, i) => (isSmooth(w.array) ? [dys[i] ?? this.tape.zero(w.array)] : []))
    const results = this.tape.part(
      made,
      [
        ...inputs.slice(0, constants),
        ...first,
        ...sums.map((w) => this.tape.zero(w.array)),
        ...saved,
        ...inputs.slice(constants + carries),
        ...dys.slice(carries).filter((w) => w !== undefined),
      ],
      codomainOf(made),
    )
    const order = [
      ...inputs.slice(constants, constants + carries),
      ...inputs.slice(0, constants),
      ...inputs.slice(constants + carries),
    ].filter((w) => isSmooth(w.array))
    order.forEach((w, i) => this.add(w, results[i]))
  }
}

/** The body of a repeated block in one of its turns: the outermost star of each name is its number. */
function inTurn(m: Morphism, turn: number): Morphism {
  if (m.type === "box")
    return { ...m, parameters: m.parameters.map((p) => ({ ...p, name: p.name.replace("*", String(turn)) })) }
  if (m.type === "block") return { ...m, body: inTurn(m.body, turn) }
  return m.type === "rearrange" ? m : { ...m, parts: m.parts.map((part) => inTurn(part, turn)) }
}
