/** Datasets and file formats. The files of this machine stand apart, in `node-files.ts`: all else runs in browsers too. */
export { type Batch, type BatchOptions, batchCount, batches, epochOrder, takeRows } from "./batches.ts"
export { cifar10, decodeCifar10 } from "./cifar10.ts"
export { type Dataset, dataset, datasets, getDataset, type PlaceOfFile, whereIs } from "./datasets.ts"
export { drawnDigits } from "./drawn-digits.ts"
export { fetchFiles } from "./fetch-files.ts"
export {
  type DataFile,
  DataUnavailable,
  type FileSource,
  type FoundFile,
  type Origin,
  type ReadOptions,
} from "./files.ts"
export { gunzip } from "./formats/gzip.ts"
export { readIdx } from "./formats/idx.ts"
export * from "./formats/nir/index.ts"
export * from "./formats/onnx/index.ts"
export { readSafetensors, type SafetensorsContent, writeSafetensors } from "./formats/safetensors.ts"
export { readTar } from "./formats/tar.ts"
export { readZip, type ZipEntry } from "./formats/zip.ts"
export * from "./generators/index.ts"
export { mnistFromDrawing } from "./hand-drawn.ts"
export { type ImageDataset, type ImageLimits, type LabelledImages, normalise } from "./images.ts"
export { decodeMnist, type MnistOptions, mnist } from "./mnist.ts"
export { DataSource, type DataSourceOptions } from "./source.ts"
export { splitByPosition, type TextDataset, tinyShakespeare, wikitext2 } from "./text.ts"
export { characterVocabulary, type Vocabulary, wordVocabulary } from "./vocabulary.ts"
