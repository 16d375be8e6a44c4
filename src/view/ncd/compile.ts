/** From a term to a function of tensors. */
import { CajalError, cond, scan, type Tensor } from "../../engine/index.ts"
import { formatShape } from "../../engine/shape.ts"
import { layersOf } from "./layers.ts"
import { runBox } from "./run-box.ts"
import { type Block, domainOf, formatArray, type Morphism, shapeOf, sizeOfArray } from "./terms.ts"

/** Tensors of the parameters by name, of as many elements as their arrays. */
export type ParameterValues = Readonly<Record<string, Tensor>>

/** Told what is in each section while a term runs, by its path (see `Section`); of repeated blocks the last turn, of scans and choices nothing. */
export type Watch = (path: string, values: readonly Tensor[]) => void

const within = (watch: Watch | undefined, path: string): Watch | undefined =>
  watch && ((inner, values) => watch(path + inner, values))

/**
 * A term as a function that can be run, traced, compiled and differentiated like any other.
 * @returns a function of tensors that have the sizes of the term's domain (axes of size 1 may be left out or added), to tensors of its codomain
 * @throws CajalError where a parameter has no value, or a value does not fit
 */
export function compileTerm(
  term: Morphism,
  parameters: ParameterValues = {},
  watch?: Watch,
): (...inputs: Tensor[]) => Tensor[] {
  const domain = domainOf(term)
  return (...inputs) => {
    if (inputs.length !== domain.length)
      throw new CajalError(`the diagram takes ${domain.length} arrays, ${inputs.length} were given`)
    const shaped = inputs.map((x, i) => {
      if (x.size !== sizeOfArray(domain[i]))
        throw new CajalError(`input ${i + 1} of the diagram is ${formatArray(domain[i])}, not ${formatShape(x.shape)}`)
      return x.reshape(shapeOf(domain[i]))
    })
    return run(term, shaped, parameters, [], watch)
  }
}

/** @param turns the numbers of the repetitions around, innermost last: they stand for the stars in names of parameters */
function run(
  m: Morphism,
  inputs: readonly Tensor[],
  parameters: ParameterValues,
  turns: readonly number[],
  watch?: Watch,
): Tensor[] {
  let now: readonly Tensor[] = inputs
  for (const [l, layer] of layersOf(m).entries()) {
    watch?.(String(l), now)
    let blocks = 0
    const next: Tensor[] = []
    let from = 0
    for (const part of layer) {
      const count = domainOf(part).length
      const own = now.slice(from, from + count)
      from += count
      if (part.type === "rearrange") next.push(...part.map.map((i) => own[i]))
      else if (part.type === "block")
        next.push(...runBlock(part, own, parameters, turns, within(watch, `${l}.${blocks++}/`)))
      else
        next.push(
          ...runBox(
            part,
            own,
            part.parameters.map((p) => parameterOf(p.name, shapeOf(p.array), parameters, turns)),
          ),
        )
    }
    now = next
  }
  watch?.(String(layersOf(m).length), now)
  return [...now]
}

/** The name of a parameter in one of the turns of the repetitions around it. */
export function inTurn(name: string, turns: readonly number[]): string {
  let turn = 0
  return name.replaceAll("*", () => String(turns[turn++] ?? "*"))
}

function parameterOf(
  name: string,
  shape: readonly number[],
  parameters: ParameterValues,
  turns: readonly number[],
): Tensor {
  const full = inTurn(name, turns)
  const value = parameters[full]
  if (value === undefined)
    throw new CajalError(`the parameter ${full} has no value`, {
      hint: `known are ${Object.keys(parameters).join(", ") || "none"}`,
    })
  if (value.size !== shape.reduce((a, b) => a * b, 1))
    throw new CajalError(
      `the parameter ${full} is ${formatShape(shape)} in the diagram, its value is ${value.describe()}`,
    )
  return value.reshape(shape)
}

function runBlock(
  { style, body, repeat, loop }: Block,
  inputs: readonly Tensor[],
  parameters: ParameterValues,
  turns: readonly number[],
  watch: Watch | undefined,
): Tensor[] {
  if (style === "choice") {
    const [asked, ...rest] = inputs
    const half = (from: number): Tensor[] => {
      const all = run(body, rest, parameters, turns)
      return all.slice((from * all.length) / 2, ((from + 1) * all.length) / 2)
    }
    return cond(
      asked,
      () => half(0),
      () => half(1),
    )
  }
  if (loop === undefined) {
    let now = [...inputs]
    for (let i = 0; i < repeat; i++) {
      const given = run(body, now, parameters, repeat > 1 ? [...turns, i] : turns, watch)
      now = [...given, ...(i + 1 < repeat ? now.slice(given.length) : [])]
    }
    return now
  }
  const { constants, carries, axis, reverse } = loop
  const fixed = inputs.slice(0, constants)
  const first = inputs.slice(constants, constants + carries)
  const [last, ys] = scan(
    (carry: Tensor[], xs: Tensor[]): readonly [Tensor[], Tensor[]] => {
      const given = run(body, [...fixed, ...carry, ...xs], parameters, turns)
      return [given.slice(0, carries), given.slice(carries)]
    },
    first as Tensor[],
    inputs.slice(constants + carries) as Tensor[],
    { length: axis.size, reverse },
  )
  return [...last, ...ys]
}
