import { Tensor } from "./tensor.ts"

/** A value made of tensors: a tensor, an array, an object or a class instance (a model) of such, or any other value, which is static. */
// biome-ignore lint/suspicious/noExplicitAny: a tree is any value
export type Tree = any

/** The tensors of a tree, in order, and what is needed to build the same tree around other tensors. */
export interface Flat {
  readonly leaves: Tensor[]
  readonly structure: Structure
}

export type Structure =
  | { readonly kind: "leaf" }
  | { readonly kind: "static"; readonly value: unknown }
  | { readonly kind: "array"; readonly items: readonly Structure[] }
  | {
      readonly kind: "object"
      readonly prototype: object | null
      readonly fields: readonly (readonly [string, Structure])[]
    }

const leaf: Structure = { kind: "leaf" }

/** Takes a tree apart. Class instances keep their class: private `#fields` do not survive, so models do not use them. */
export function flatten(tree: Tree): Flat {
  const leaves: Tensor[] = []
  const walk = (x: unknown): Structure => {
    if (x instanceof Tensor) {
      leaves.push(x)
      return leaf
    }
    if (Array.isArray(x)) return { kind: "array", items: x.map(walk) }
    if (isContainer(x))
      return {
        kind: "object",
        prototype: Object.getPrototypeOf(x),
        fields: Object.entries(x).map(([name, field]) => [name, walk(field)] as const),
      }
    return { kind: "static", value: x }
  }
  const structure = walk(tree)
  return { leaves, structure }
}

/** Builds the tree of `structure` around `leaves`. */
export function unflatten(structure: Structure, leaves: readonly Tensor[]): Tree {
  let next = 0
  const build = (s: Structure): unknown => {
    switch (s.kind) {
      case "leaf":
        return leaves[next++]
      case "static":
        return s.value
      case "array":
        return s.items.map(build)
      case "object": {
        const made = Object.create(s.prototype)
        for (const [name, field] of s.fields) made[name] = build(field)
        return made
      }
    }
  }
  return build(structure)
}

/** Applies `change` to every tensor of a tree (or of several trees of the same structure, side by side). */
export function mapTree<T>(change: (x: Tensor, ...others: Tensor[]) => Tensor, tree: T, ...others: Tree[]): T {
  const flat = flatten(tree)
  const rest = others.map((other) => flatten(other).leaves)
  return unflatten(
    flat.structure,
    flat.leaves.map((x, i) => change(x, ...rest.map((leaves) => leaves[i]))),
  )
}

/** Gives the memory of a tree's tensors back. */
export function disposeTree(tree: Tree): void {
  for (const x of flatten(tree).leaves) x.dispose()
}

/** Names of the leaves as paths (`hidden.weight`, `layers.0.bias`), in the order of `flatten`. */
export function leafNames(tree: Tree): string[] {
  const names: string[] = []
  const walk = (s: Structure, path: string) => {
    if (s.kind === "leaf") names.push(path)
    else if (s.kind === "array") s.items.forEach((item, i) => walk(item, path === "" ? `${i}` : `${path}.${i}`))
    else if (s.kind === "object")
      for (const [name, field] of s.fields) walk(field, path === "" ? name : `${path}.${name}`)
  }
  walk(flatten(tree).structure, "")
  return names
}

const identities = new WeakMap<object, number>()
let nextIdentity = 0
/** A number that stands for an object or function as long as the program runs. */
export const identityOf = (x: object): number => {
  const known = identities.get(x)
  if (known !== undefined) return known
  identities.set(x, nextIdentity)
  return nextIdentity++
}

/** A text that is equal for trees of the same structure and static values: part of a program's signature. */
export function structureKey(s: Structure): string {
  switch (s.kind) {
    case "leaf":
      return "*"
    case "array":
      return `[${s.items.map(structureKey).join(",")}]`
    case "object":
      return `${s.prototype === null ? "" : identityOf(s.prototype)}{${s.fields.map(([name, f]) => `${JSON.stringify(name)}:${structureKey(f)}`).join(",")}}`
    case "static":
      return staticKey(s.value)
  }
}

function staticKey(x: unknown): string {
  if ((typeof x === "object" && x !== null) || typeof x === "function") return `#${identityOf(x)}`
  if (typeof x === "string") return JSON.stringify(x)
  return `${typeof x}=${Object.is(x, -0) ? "-0" : String(x)}`
}

/** Plain objects and class instances are walked; built-in containers and buffers are static. */
const isContainer = (x: unknown): x is object =>
  typeof x === "object" &&
  x !== null &&
  !ArrayBuffer.isView(x) &&
  !(x instanceof ArrayBuffer || x instanceof Map || x instanceof Set || x instanceof Date || x instanceof Promise)
