/** What the page and the worker that runs diagrams say to each other. */
export type Ask =
  | { readonly type: "run"; readonly text: string; readonly seed: number }
  /** An architecture of the gallery, as text. */
  | { readonly type: "exhibit"; readonly name: string }

/** An array in a few words: its shape, and some of its numbers. */
export interface Glimpse {
  readonly shape: string
  readonly numbers: string
}

export interface Outcome {
  readonly outputs: readonly Glimpse[]
  /** Numbers of the arrays in each section, by its path. */
  readonly sections: Readonly<Record<string, readonly string[]>>
  readonly ms: number
}

export type Answer =
  | { readonly type: "ran"; readonly outcome: Outcome }
  | { readonly type: "exhibit"; readonly text: string }
  | { readonly type: "failed"; readonly message: string }
