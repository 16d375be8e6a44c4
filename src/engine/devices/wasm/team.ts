import {
  atomic,
  type Expr,
  type Fn,
  type FunctionBuilder,
  type Global,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "./assembler/index.ts"

/** Words of the control block that all threads of a device share, as offsets in bytes. */
export const control = {
  /** Counts jobs: a thread that waits for work waits for this to change. */
  job: 0,
  /** What to run: the number of a program, and the address of its table of pointers. */
  program: 4,
  table: 8,
  /** Not 0 once a thread has failed: barriers then trap instead of waiting for ever. */
  failed: 12,
  /** How many messages each thread was sent. */
  mail: 16,
  /** How many threads have come to wait for work. */
  present: 20,
  /** The barrier: who has arrived, which round it is, who sleeps. Each on its own cache line. */
  arrived: 64,
  round: 128,
  sleepers: 192,
  bytes: 256,
} as const

/** Turns that a barrier spins before it sleeps: a sleeper takes tens of microseconds to wake. */
const spins = 20_000
/** How long a thread sleeps for another one before it gives up: no kernel takes nearly as long. */
const patienceNs = 60e9

/** A module's view of the threads that run it side by side. */
export interface Team {
  /** Waits until every thread of the team is here. Traps where one has failed. */
  readonly barrier: Fn<readonly []>
  /** Functions that all threads call together, and the work of one call; the others are called by the first thread alone. */
  readonly together: Map<Fn<"i32"[]>, number>
  /** How many parts the work of the kernel is cut into, and which of them is this thread's. */
  readonly parts: Global<"i32">
  readonly part: Global<"i32">
  /** This thread and the size of the team, whatever is being run. */
  readonly thread: Global<"i32">
  readonly threads: Global<"i32">
  /** The most threads there can be: scratch space that each has of its own is planned for so many. */
  readonly most: number
  /** Whether only instructions are used that give the same bits on every machine. */
  readonly strict: boolean
}

const teams = new WeakMap<ModuleBuilder, Team>()

/** The team of a module under construction. */
export function teamOf(module: ModuleBuilder): Team {
  const team = teams.get(module)
  if (team === undefined) throw new Error("the module has no team")
  return team
}

/** Gives a module its team, and the exported `enter(thread, threads)` that every instance calls before it runs. */
export function formTeam(module: ModuleBuilder, controlAddress: number, most: number, strict = false): Team {
  const [thread, threads] = [module.global("i32", 0), module.global("i32", 1)]
  const [part, parts] = [module.global("i32", 0), module.global("i32", 1)]
  module.function("enter", { params: ["i32", "i32"], export: true }, (f, own, all) => {
    f.set(thread, own)
    f.set(threads, all)
  })
  const barrier = module.function("barrier", { params: [] }, (builder) => {
    const f = builder as unknown as FunctionBuilder
    const round = f.local("i32")
    const turn = f.local("i32")
    const at = (word: number) => i32.const(controlAddress + word)
    if (most === 1) return
    f.if(i32.eq(parts, 1), () => f.return())
    f.set(round, atomic.load(at(control.round)))
    f.if(
      i32.eq(atomic.add(at(control.arrived), 1), i32.sub(threads, 1)),
      () => {
        f.atomicStore(at(control.arrived), 0)
        f.drop(atomic.add(at(control.round), 1))
        f.if(atomic.load(at(control.sleepers)), () => f.drop(atomic.notify(at(control.round), 0x7fffffff)))
      },
      () => {
        f.block((exit) => {
          f.for(turn, 0, spins, 1, () => f.breakIf(exit, i32.ne(atomic.load(at(control.round)), round)))
          f.drop(atomic.add(at(control.sleepers), 1))
          f.while(i32.eq(atomic.load(at(control.round)), round), () => {
            const woken = atomic.wait32(at(control.round), round, patienceNs)
            f.if(i32.eq(woken, 2), () => f.atomicStore(at(control.failed), 1))
            f.if(atomic.load(at(control.failed)), () => f.unreachable())
          })
          f.drop(atomic.sub(at(control.sleepers), 1))
        })
      },
    )
    f.if(atomic.load(at(control.failed)), () => f.unreachable())
  })
  const team: Team = {
    barrier: barrier as Fn<readonly []>,
    together: new Map(),
    part,
    parts,
    thread,
    threads,
    most,
    strict,
  }
  teams.set(module, team)
  return team
}

/** A stretch of a kernel's work, in units of the kernel's choosing. */
export interface Share {
  readonly from: Local<"i32">
  readonly to: Local<"i32">
}

/**
 * This thread's share of `count` units, which starts at a multiple of `grain` (a power of two or any size). Which units a thread
 * takes never changes what is computed for them.
 */
export function shareOf(module: ModuleBuilder, f: FunctionBuilder, count: number, grain = 1): Share {
  const { part, parts } = teamOf(module)
  const grains = Math.ceil(count / grain)
  const each = f.local("i32", i32.mul(i32.divU(i32.add(i32.sub(parts, 1), grains), parts), grain))
  const from = f.local("i32", i32.mul(part, each))
  f.set(from, smaller(from, count))
  const to = f.local("i32", i32.add(from, each))
  f.set(to, smaller(to, count))
  return { from, to }
}

const smaller = (x: Local<"i32">, limit: number): Expr<"i32"> => select(i32.ltS(x, limit), x, limit)

/** Elementary operations that a kernel must have for its threads to be worth waking. */
const worthSharing = 16_384

/** Elementary operations that a program must have for its threads to be woken. */
export const worthWaking = 200_000

/** A multiply-add of a matrix product in elementary operations: they come many at a time. */
export const perMultiplyAdd = 1 / 16

/** Marks a kernel as run by all threads together where it does enough: `work` counts its elementary operations. */
export function shared<F>(module: ModuleBuilder, fn: F, work: number): F {
  if (work >= worthSharing) teamOf(module).together.set(fn as unknown as Fn<"i32"[]>, work)
  return fn
}
