type Numbers = Float64Array | Float32Array | Int32Array

/** A typed list of numbers whose length is not known before. */
export class Growing<A extends Numbers> {
  #data: A
  #length = 0

  /** @param data room to start with, of the type of the list */
  constructor(data: A) {
    this.#data = data
  }

  push(x: number): void {
    if (this.#length === this.#data.length) {
      const longer = new (this.#data.constructor as new (n: number) => A)(2 * this.#data.length)
      longer.set(this.#data as never)
      this.#data = longer
    }
    this.#data[this.#length++] = x
  }

  get length(): number {
    return this.#length
  }

  at(i: number): number {
    return this.#data[i]
  }

  /** Lets the first numbers go. */
  drop(count: number): void {
    this.#data.copyWithin(0, count, this.#length)
    this.#length -= count
  }

  /** The numbers so far. */
  done(): A {
    // What is nearly full is given away as it is.
    const isFull = this.#length > 0.9 * this.#data.length
    return (isFull ? this.#data.subarray(0, this.#length) : this.#data.slice(0, this.#length)) as A
  }
}
