import { bytesOf } from "../../../../dtype.ts"
import {
  call,
  type Expr,
  type Fn,
  type FunctionBuilder,
  f32,
  f64,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../../assembler/index.ts"
import { shared, shareOf, teamOf } from "../../team.ts"
import { forEachEvent } from "./lists.ts"

/** Lists of places: `parts` times `rows` lists of `entries` entries in all, which reach `size` places. */
export interface ListSpec {
  readonly dtype: "f32" | "f64"
  readonly parts: number
  readonly rows: number
  readonly entries: number
  readonly size: number
  /** One value for all entries. */
  readonly single: boolean
}

/** Places that are turned round. */
export type Ring = Pick<ListSpec, "dtype" | "size">

type Address = Local<"i32">
// biome-ignore lint/suspicious/noExplicitAny: f32 and f64 have the same operations
export const floats = (dtype: ListSpec["dtype"]): any => (dtype === "f64" ? f64 : f32)

/** Bytes of an event in the list of a thread: its source, where its list starts and ends, and its value. */
export const eventBytes = 24

/** Scratch bytes: every thread lists the events for itself. */
export const scatterScratchBytes = ({ rows }: Pick<ListSpec, "rows">, threads: number): number =>
  rows * eventBytes * threads

/** Events that are worth counting on, of a source at each call: what work is guessed by. */
export const usualShare = 1 / 64

/** What an update of entries is specialised on, beside its lists. */
export interface UpdateSpec extends ListSpec {
  readonly isOrdered: boolean
  readonly least: number
  readonly most: number
}

/** The address of a place, turned round by the shift; both count in bytes. */
export function turned(f: FunctionBuilder, { dtype, size }: Ring, place: Expr<"i32">, shift: Address): Address {
  const at = f.local("i32", i32.add(i32.shl(place, Math.log2(bytesOf[dtype])), shift))
  const end = size * bytesOf[dtype]
  f.set(at, i32.sub(at, select(i32.geS(at, end), i32.const(end), i32.const(0))))
  return at
}

/** The shift in bytes; whatever number is given, it stays within the places. */
export function shiftOf(f: FunctionBuilder, { dtype, size }: Ring, shift: Expr<"i32">): Address {
  const rest = f.local("i32", i32.remS(i32.load(shift), size))
  f.set(rest, i32.add(rest, select(i32.ltS(rest, 0), i32.const(size), i32.const(0))))
  return f.local("i32", i32.shl(rest, Math.log2(bytesOf[dtype])))
}

/** Where the list of a source starts and ends, in bytes of i32. */
function listAt(f: FunctionBuilder, starts: Expr<"i32">, sourceBytes: Expr<"i32">): [Address, Address] {
  const line = f.local("i32", i32.add(starts, sourceBytes))
  return [f.local("i32", i32.shl(i32.load(line), 2)), f.local("i32", i32.shl(i32.load(line, 4), 2))]
}

/** The value of the entry at `e` (in bytes of i32). */
const valueAt = ({ dtype, single }: ListSpec, values: Expr<"i32">, e: Expr<"i32">): Expr =>
  floats(dtype).load(single ? values : i32.add(values, dtype === "f64" ? i32.shl(e, 1) : e))

/**
 * A kernel `(events, values, starts, places, shift, out, scratch)`: adds the entries of the sources that have events. Threads share the parts, which reach
 * different places; each place is added to in the order of the sources.
 */
export const emitScatterEvents = (module: ModuleBuilder, name: string, spec: ListSpec) =>
  emitEventWalk(module, name, spec, emitAdd(module, `${name}.add`, spec), (f, shift) => shiftOf(f, spec, shift))

/**
 * A kernel `(events, from, starts, places, order, out, scratch)`: changes the values of the entries of the sources that have events. Threads share the
 * parts, whose entries are different ones.
 */
export const emitUpdateEntries = (module: ModuleBuilder, name: string, spec: UpdateSpec) =>
  emitEventWalk(module, name, spec, emitUpdate(module, `${name}.update`, spec), (_, order) => order)

/**
 * A kernel that lists the sources with events and calls `visit` with the list of each. Lists lie far apart: those of a batch of events are all looked up
 * before the first is read, so that their way from memory is waited for once.
 */
function emitEventWalk(
  module: ModuleBuilder,
  name: string,
  spec: ListSpec,
  visit: Fn<typeof seven>,
  prepare: (f: FunctionBuilder, own: Address) => Address,
) {
  const { parts, rows, entries } = spec
  const list = emitListing(module, `${name}.list`, spec)
  const fetch = emitFetch(module, `${name}.fetch`)
  const kernel = module.function(
    name,
    { params: seven },
    (builder, events, values, starts, places, own, out, scratch) => {
      const f = builder as unknown as FunctionBuilder
      const share = shareOf(module, f, parts)
      const first = f.local("i32", i32.add(scratch, i32.mul(teamOf(module).part, rows * eventBytes)))
      const end = f.local("i32", first)
      const prepared = prepare(f, own)
      const [part, batch, event, last] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")]
      f.if(i32.ltS(share.from, share.to), () => f.set(end, call(list, [events, first]) as Expr<"i32">))
      f.for(part, share.from, share.to, 1, () => {
        const line = f.local("i32", i32.add(starts, i32.mul(part, (rows + 1) * 4)))
        f.for(batch, first, end, eventBatch * eventBytes, () => {
          f.set(last, i32.add(batch, eventBatch * eventBytes))
          f.set(last, select(i32.ltS(last, end), last, end))
          f.call(fetch, [batch, last, line, places])
          f.for(event, batch, last, eventBytes, () => {
            const [from, to] = [f.local("i32", i32.load(event, 4)), f.local("i32", i32.load(event, 8))]
            f.call(visit, [i32.add(event, 16), values, places, from, to, prepared, out])
          })
        })
      })
    },
  )
  return shared(module, kernel, rows / 4 + entries * usualShare)
}

/** Events whose lists are looked up together: as many as a cache of the first level holds the lists of. */
const eventBatch = 32

/** `(events, end, starts, places)`: notes where the lists of the events start and end, and touches their lines of the cache. */
function emitFetch(module: ModuleBuilder, name: string) {
  return module.function(name, { params: ["i32", "i32", "i32", "i32"] }, (builder, events, end, starts, places) => {
    const f = builder as unknown as FunctionBuilder
    const [event, at, seen] = [f.local("i32"), f.local("i32"), f.local("i32")]
    f.for(event, events, end, eventBytes, () => {
      const [from, to] = listAt(f, starts, i32.load(event))
      f.store("i32", event, from, 4)
      f.store("i32", event, to, 8)
    })
    f.for(event, events, end, eventBytes, () => {
      f.for(at, i32.load(event, 4), i32.load(event, 8), lineBytes, () =>
        f.set(seen, i32.add(seen, i32.load(i32.add(places, at)))),
      )
    })
    // Kept where nobody looks, so that the loads are not left out.
    f.store("i32", i32.sub(end, eventBytes), seen, 12)
  })
}

const lineBytes = 64

export const six = ["i32", "i32", "i32", "i32", "i32", "i32"] as const
export const seven = [...six, "i32"] as const

/** `(events, list) -> end of the list`: the sources with events, in bytes of i32, and their values. */
export function emitListing(
  module: ModuleBuilder,
  name: string,
  { dtype, rows }: Pick<ListSpec, "dtype" | "rows">,
): Fn<readonly ["i32", "i32"], readonly ["i32"]> {
  return module.function(name, { params: ["i32", "i32"], results: ["i32"] }, (builder, events, list) => {
    const f = builder as unknown as FunctionBuilder
    const append = (address: Expr<"i32">, source: Expr<"i32">) => {
      f.store("i32", list, source)
      f.store(dtype, list, floats(dtype).load(address), 16)
      f.add(list, eventBytes)
    }
    if (dtype === "f32") forEachEvent(f, events, 0, rows, append)
    else {
      const [source, at] = [f.local("i32"), f.local("i32", events)]
      f.for(source, 0, rows * 4, 4, () => {
        f.if(f64.ne(f64.load(at), 0), () => append(at, source))
        f.add(at, 8)
      })
    }
    return list
  })
}

/** `(value of the event, values, places, first entry, end, shift, out)`: one list. */
function emitAdd(module: ModuleBuilder, name: string, spec: ListSpec): Fn<typeof seven> {
  const { dtype, single } = spec
  const float = floats(dtype)
  return module.function(name, { params: seven }, (builder, event, values, places, from, to, shift, out) => {
    const f = builder as unknown as FunctionBuilder
    const brought = f.local(dtype, single ? float.mul(float.load(event), float.load(values)) : float.load(event))
    f.for(from, from, to, 4, () => {
      const at = f.local("i32", i32.add(out, turned(f, spec, i32.load(i32.add(places, from)), shift)))
      const value = single ? brought : float.mul(brought, valueAt(spec, values, from))
      f.store(dtype, at, float.add(float.load(at), value))
    })
  })
}

/** `(value of the event, from, places, first entry, end, order, out)`: changes the values of one list. */
function emitUpdate(module: ModuleBuilder, name: string, { dtype, isOrdered, least, most }: UpdateSpec) {
  const float = floats(dtype)
  const log2 = Math.log2(bytesOf[dtype])
  return module.function(name, { params: seven }, (builder, event, from, places, entry, to, order, out) => {
    const f = builder as unknown as FunctionBuilder
    const brought = f.local(dtype, float.load(event))
    f.for(entry, entry, to, 4, () => {
      const number = isOrdered ? i32.load(i32.add(order, entry)) : i32.shrU(entry, 2)
      const at = f.local("i32", i32.add(out, i32.shl(number, log2)))
      const place = i32.add(from, i32.shl(i32.load(i32.add(places, entry)), log2))
      const changed = float.add(float.load(at), float.mul(float.load(place), brought))
      const above = least === Number.NEGATIVE_INFINITY ? changed : float.max(changed, least)
      f.store(dtype, at, most === Number.POSITIVE_INFINITY ? above : float.min(above, most))
    })
  })
}

/** Visits the entries of all lists of a source: where each is (in bytes of i32), and the address of its place. */
function forEachEntry(
  f: FunctionBuilder,
  spec: ListSpec,
  source: Expr<"i32">,
  { starts, places, shift, from }: Record<"starts" | "places" | "shift" | "from", Address>,
  visit: (entry: Address, place: Expr<"i32">) => void,
): void {
  const { parts, rows } = spec
  f.for(f.local("i32"), 0, parts, 1, () => {
    const [first, end] = listAt(f, starts, i32.shl(source, 2))
    f.for(first, first, end, 4, () =>
      visit(first, i32.add(from, turned(f, spec, i32.load(i32.add(places, first)), shift))),
    )
    f.add(starts, (rows + 1) * 4)
  })
}

/** A kernel `(from, values, starts, places, shift, out)`: for each source the sum over its lists. Threads share the sources. */
export function emitGatherLists(module: ModuleBuilder, name: string, spec: ListSpec) {
  const { dtype, rows, entries } = spec
  const float = floats(dtype)
  const kernel = module.function(name, { params: six }, (builder, from, values, starts, places, shift, out) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, rows)
    const turn = shiftOf(f, spec, shift)
    const row = f.local("i32")
    const total = f.local(dtype)
    f.for(row, share.from, share.to, 1, () => {
      f.set(total, 0)
      forEachEntry(f, spec, row, { starts: f.local("i32", starts), places, shift: turn, from }, (entry, place) =>
        f.set(total, float.add(total, float.mul(float.load(place), valueAt(spec, values, entry)))),
      )
      f.store(dtype, i32.add(out, i32.mul(row, bytesOf[dtype])), total)
    })
  })
  return shared(module, kernel, entries)
}

/** A kernel `(from, events, starts, places, shift, out)`: for each entry what lies at its place times its event. Threads share the sources. */
export function emitSampleLists(module: ModuleBuilder, name: string, spec: ListSpec) {
  const { dtype, rows, entries } = spec
  const float = floats(dtype)
  const kernel = module.function(name, { params: six }, (builder, from, events, starts, places, shift, out) => {
    const f = builder as unknown as FunctionBuilder
    const share = shareOf(module, f, rows)
    const turn = shiftOf(f, spec, shift)
    const row = f.local("i32")
    f.for(row, share.from, share.to, 1, () => {
      const event = f.local(dtype, float.load(i32.add(events, i32.mul(row, bytesOf[dtype]))))
      forEachEntry(f, spec, row, { starts: f.local("i32", starts), places, shift: turn, from }, (entry, place) => {
        const to = i32.add(out, dtype === "f64" ? i32.shl(entry, 1) : entry)
        f.store(dtype, to, float.mul(event, float.load(place)))
      })
    })
  })
  return shared(module, kernel, entries)
}
