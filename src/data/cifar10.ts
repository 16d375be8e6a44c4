/** CIFAR-10 in its binary format: records of one label byte and 3,072 pixel bytes (red, green, blue planes of 32 x 32). */
import { dataset, usesInstead } from "./datasets.ts"
import type { FileSource, FoundFile, ReadOptions } from "./files.ts"
import { damaged, farthestOrigin } from "./files.ts"
import { gunzip } from "./formats/gzip.ts"
import { readTar } from "./formats/tar.ts"
import { firstImages, type ImageDataset, type ImageLimits, type LabelledImages } from "./images.ts"

const classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"] as const
const pixels = 3 * 32 * 32
const record = 1 + pixels
const facts = {
  name: "CIFAR-10",
  classes,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
} as const

/**
 * CIFAR-10, u8 images `[count, 3, 32, 32]`. Reads the official archive, or a subset (`train_8k.bin.gz`, `test_2k.bin.gz`)
 * that lies in the data folder; `label` and `note` say which.
 * @throws DataUnavailable when it is nowhere; CajalError on a damaged file or an impossible limit
 */
export async function cifar10(files: FileSource, options: ImageLimits & ReadOptions = {}): Promise<ImageDataset> {
  const known = dataset("cifar10")
  const subset = await usesInstead(files, known)
  const found: FoundFile[] = []
  for (const file of subset ? known.instead : known.files) found.push(await files.read(file, options))
  const all = subset ? await fromSubset(found[0], found[1]) : await fromArchive(found[0])
  const train = firstImages(all.train, options.limit, "training images of CIFAR-10")
  const test = firstImages(all.test, options.testLimit, "test images of CIFAR-10")
  const [trainCount, testCount] = [train, test].map(({ labels }) => labels.shape[0].toLocaleString("en"))
  const of = all.train.labels.shape[0].toLocaleString("en")
  return {
    ...facts,
    train,
    test,
    origin: farthestOrigin(found),
    label: `CIFAR-10, ${trainCount} training and ${testCount} test images`,
    note: subset ? `data: CIFAR-10, a subset of ${of} training images whose pixels passed through JPEG` : undefined,
  }
}

async function fromSubset(train: FoundFile, test: FoundFile) {
  const unpack = async ({ bytes, where }: FoundFile) =>
    decodeCifar10([{ bytes: await gunzip(bytes, { where, maxBytes: 50_000 * record }), where }])
  return { train: await unpack(train), test: await unpack(test) }
}

const fromArchive = async ({ bytes, where }: FoundFile) =>
  readCifar10Archive(await gunzip(bytes, { where, maxBytes: 61_000 * record }), where)

/** Training and test images from the official archive, unpacked. @param imagesAFile 10,000 in the official files */
export function readCifar10Archive(tar: Uint8Array, where: string, imagesAFile = 10_000) {
  const archive = readTar(tar, where)
  const part = (name: string) => {
    const bytes = archive.get(`cifar-10-batches-bin/${name}`)
    if (bytes?.length !== imagesAFile * record) {
      throw damaged(
        where,
        `${imagesAFile} images in ${name}`,
        bytes === undefined ? "no such file" : `${bytes.length} bytes`,
      )
    }
    return { bytes, where: `${where}: ${name}` }
  }
  const batches = [1, 2, 3, 4, 5].map((number) => part(`data_batch_${number}.bin`))
  return { train: decodeCifar10(batches), test: decodeCifar10([part("test_batch.bin")]) }
}

/**
 * Images and labels from the records of one or more files, in order.
 * @throws CajalError when a file is not whole records, is empty, or holds a label above 9
 */
export function decodeCifar10(parts: readonly { bytes: Uint8Array; where: string }[]): LabelledImages {
  for (const { bytes, where } of parts) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw damaged(where, `a whole number of ${record}-byte records`, `${bytes.length} bytes`)
    }
  }
  const count = parts.reduce((sum, { bytes }) => sum + bytes.length / record, 0)
  const data = new Uint8Array(count * pixels)
  const labels = new Int32Array(count)
  let image = 0
  for (const { bytes, where } of parts) {
    for (let at = 0; at < bytes.length; at += record, image++) {
      const label = bytes[at]
      if (label >= classes.length) throw damaged(where, "labels 0..9", `label ${label} in record ${at / record}`)
      labels[image] = label
      data.set(bytes.subarray(at + 1, at + record), image * pixels)
    }
  }
  return {
    images: { dtype: "u8", shape: [count, 3, 32, 32], data },
    labels: { dtype: "i32", shape: [count], data: labels },
  }
}
