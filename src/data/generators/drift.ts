/** A texture on the move, translated by fractions of a pixel in Fourier space. */
import { CajalError, fft, ifft, irfft, jit, rfft, slice, type Tensor, tensor } from "../../engine/index.ts"
import { signedFrequency, type Texture } from "./textures.ts"

/**
 * Frames of a texture at displacements: frame t shows texture(x - path[t]), its first `width` columns and `height` rows.
 * What is at the highest frequency that the grid holds is only scaled; textures that are whitened have nothing there.
 * @param path displacements, px to the right and downwards, one pair after another
 * @returns `[frames, height, width]`
 * @throws CajalError when the window is larger than the texture
 */
export function drift({ size, values }: Texture, path: Float64Array, height: number, width: number): Float32Array {
  if (height > size || width > size)
    throw new CajalError(`a window of ${height} x ${width} px is larger than the texture of ${size} x ${size} px`)
  const frames = path.length / 2
  const bins = Math.floor(size / 2) + 1
  const turns = (axis: 0 | 1, count: number): Tensor => {
    const angles = Float32Array.from({ length: frames * count }, (_, at) => {
      const cycles = -signedFrequency(at % count, size) * path[2 * Math.floor(at / count) + axis]
      return 2 * Math.PI * (cycles - Math.round(cycles))
    })
    return tensor(angles, { shape: [frames, count] })
  }
  return frameProgram(size, height, width)(
    tensor(values, { shape: [size, size] }),
    turns(1, size),
    turns(0, bins),
  ).array() as Float32Array
}

type FrameProgram = (texture: Tensor, downwards: Tensor, sideways: Tensor) => Tensor
const programs = new Map<string, FrameProgram>()

function frameProgram(size: number, height: number, width: number): FrameProgram {
  const name = `${size} ${height} ${width}`
  let program = programs.get(name)
  if (program === undefined) {
    program = jit((texture: Tensor, downwards: Tensor, sideways: Tensor) => {
      const frames = downwards.shape[0]
      const { re, im } = fft(rfft(texture), 0)
      const bins = re.shape[1]
      const rows = ifft(
        turned(re.reshape([1, size, bins]), im.reshape([1, size, bins]), downwards.reshape([frames, size, 1])),
        1,
      )
      const seen = [rows.re, rows.im].map((x) => slice(x, 1, 0, height))
      return slice(irfft(turned(seen[0], seen[1], sideways.reshape([frames, 1, bins])), { size }), 2, 0, width)
    })
    programs.set(name, program)
  }
  return program
}

/** Complex numbers times exp(i angle). */
function turned(re: Tensor, im: Tensor, angle: Tensor) {
  const [c, s] = [angle.cos(), angle.sin()]
  return { re: re.mul(c).sub(im.mul(s)), im: re.mul(s).add(im.mul(c)) }
}
