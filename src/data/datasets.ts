/** The datasets Cajal knows: facts only. The loaders read the files named here. */
import { CajalError } from "../engine/errors.ts"
import type { DataFile, FileSource, ReadOptions } from "./files.ts"

export interface Dataset {
  /** The name in commands: `cajal data get mnist`. */
  readonly name: string
  readonly title: string
  /** One sentence. */
  readonly what: string
  /** Licence, and who made it. */
  readonly licence: string
  /** The page of its makers. */
  readonly source: string
  /** The official files: with lengths and checksums. */
  readonly files: readonly DataFile[]
  /** Other files that are used when they lie in the data folder and the official ones do not. */
  readonly instead: readonly DataFile[]
}

const mnistMirrors = [
  "https://ossci-datasets.s3.amazonaws.com/mnist",
  "https://storage.googleapis.com/cvdf-datasets/mnist",
]
const mnistFile = (name: string, bytes: number, sha256: string): DataFile => ({
  path: `mnist/${name}`,
  urls: mnistMirrors.map((mirror) => `${mirror}/${name}`),
  bytes,
  sha256,
})
const found = (path: string): DataFile => ({ path, urls: [] })

export const datasets: readonly Dataset[] = [
  {
    name: "mnist",
    title: "MNIST",
    what: "70,000 handwritten digits, 28 x 28 grey pixels, 10 classes (60,000 to train, 10,000 to test)",
    licence: "CC BY-SA 3.0; LeCun, Cortes, Burges",
    source: "http://yann.lecun.com/exdb/mnist/",
    files: [
      mnistFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      ),
      mnistFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      ),
      mnistFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      ),
      mnistFile("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ],
    instead: [],
  },
  {
    name: "cifar10",
    title: "CIFAR-10",
    what: "60,000 photographs, 32 x 32 pixels in colour, 10 classes (50,000 to train, 10,000 to test)",
    licence: "none stated, research use; Krizhevsky 2009",
    source: "https://www.cs.toronto.edu/~kriz/cifar.html",
    files: [
      {
        path: "cifar10/cifar-10-binary.tar.gz",
        urls: ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"],
        bytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
      },
    ],
    instead: [found("cifar10/train_8k.bin.gz"), found("cifar10/test_2k.bin.gz")],
  },
  {
    name: "tinyshakespeare",
    title: "tiny Shakespeare",
    what: "1,115,394 characters from Shakespeare's plays, 65 different ones",
    licence: "public domain; put together by Karpathy for char-rnn",
    source: "https://github.com/karpathy/char-rnn",
    files: [
      {
        path: "tinyshakespeare/input.txt",
        urls: ["https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"],
        bytes: 1_115_394,
        sha256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
      },
    ],
    instead: [],
  },
  {
    name: "wikitext2",
    title: "WikiText-2",
    what: "about 2.5 million words of good Wikipedia articles, split into words, rare ones as <unk>",
    licence: "CC BY-SA 3.0; Merity, Xiong, Bradbury, Socher 2016",
    source: "https://arxiv.org/abs/1609.07843",
    files: [
      {
        path: "wikitext-2/wikitext-2-v1.zip",
        urls: ["https://s3.amazonaws.com/research.metamind.io/wikitext/wikitext-2-v1.zip"],
        sha256: "92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c",
      },
    ],
    instead: [found("wikitext-2/valid.txt.gz"), found("wikitext-2/test.txt.gz")],
  },
]

/** The facts of one dataset. @throws CajalError on an unknown name */
export function dataset(name: string): Dataset {
  const known = datasets.find((one) => one.name === name)
  if (known !== undefined) return known
  throw new CajalError(`there is no dataset "${name}"`, {
    hint: `known datasets: ${datasets.map((one) => one.name).join(", ")}`,
  })
}

export interface PlaceOfFile {
  readonly file: DataFile
  /** Where it lies, or undefined when it would have to be downloaded. */
  readonly place: { readonly origin: "file" | "cache"; readonly where: string } | undefined
}

/** Where each file of a dataset lies now: the official files, and those of `instead` that are there. */
export async function whereIs(files: FileSource, name: string): Promise<PlaceOfFile[]> {
  const { files: official, instead } = dataset(name)
  const place = async (file: DataFile) => ({ file, place: await files.locate(file) })
  const others = await Promise.all(instead.map(place))
  return [...(await Promise.all(official.map(place))), ...others.filter((one) => one.place !== undefined)]
}

/**
 * Makes sure that the official files of a dataset are on this machine, downloading what is missing.
 * @returns where each lies, and whether it was there, in the cache, or downloaded just now
 * @throws CajalError when one cannot be had, or is damaged
 */
export async function getDataset(
  files: FileSource,
  name: string,
  options: ReadOptions = {},
): Promise<{ path: string; where: string; origin: "file" | "cache" | "download" }[]> {
  const places = []
  for (const file of dataset(name).files) {
    const { where, origin } = await files.read(file, options)
    places.push({ path: file.path, where, origin })
  }
  return places
}

/**
 * Whether to read the files of `instead`: they all lie in the data folder (or the cache), and the official ones do not
 * lie in the data folder themselves.
 */
export async function usesInstead(files: FileSource, { files: official, instead }: Dataset): Promise<boolean> {
  const placesOf = (list: readonly DataFile[]) => Promise.all(list.map((file) => files.locate(file)))
  if ((await placesOf(official)).every((place) => place?.origin === "file")) return false
  return instead.length > 0 && (await placesOf(instead)).every((place) => place !== undefined)
}
