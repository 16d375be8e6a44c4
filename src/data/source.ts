/** Where a run gets its data: every dataset Cajal knows, from whatever files there are. */
import { cifar10 } from "./cifar10.ts"
import type { FileSource, ReadOptions } from "./files.ts"
import type { ImageDataset, ImageLimits } from "./images.ts"
import { mnist } from "./mnist.ts"
import { type TextDataset, tinyShakespeare, wikitext2 } from "./text.ts"

export interface DataSourceOptions extends ReadOptions {
  /** Whether a generator may stand in for data that are not to be had. What it makes is labelled so. Default false. */
  standIn?: boolean
}

/**
 * The datasets, over one source of files: `new DataSource(nodeFiles())` in Node, `new DataSource(fetchFiles("/data"))` in
 * the browser. Every loader throws DataUnavailable when its files are nowhere, and CajalError when they are damaged.
 */
export class DataSource {
  readonly files: FileSource
  readonly options: DataSourceOptions

  constructor(files: FileSource, options: DataSourceOptions = {}) {
    this.files = files
    this.options = options
  }

  /** The same files under other options. */
  with(options: DataSourceOptions): DataSource {
    return new DataSource(this.files, { ...this.options, ...options })
  }

  /** MNIST: images u8 `[count, 28, 28]`. The one dataset with a stand-in. */
  mnist(limits: ImageLimits = {}): Promise<ImageDataset> {
    return mnist(this.files, { ...this.options, ...limits })
  }

  /** CIFAR-10: images u8 `[count, 3, 32, 32]`. */
  cifar10(limits: ImageLimits = {}): Promise<ImageDataset> {
    return cifar10(this.files, { ...this.options, ...limits })
  }

  /** Tiny Shakespeare, as characters. */
  tinyShakespeare(): Promise<TextDataset> {
    return tinyShakespeare(this.files, this.options)
  }

  /** WikiText-2, as words. */
  wikitext2(): Promise<TextDataset> {
    return wikitext2(this.files, this.options)
  }
}
