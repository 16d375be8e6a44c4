/** Files that a reader takes away. */
import { light } from "../../src/view/theme.ts"

/** Lets the browser save a file. */
export function save(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = Object.assign(document.createElement("a"), { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** Pixels of a picture's unit. */
const scale = 2

/**
 * A picture as PNG, on paper.
 * @throws Error when it cannot be drawn
 */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image()
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }))
  try {
    image.src = address
    await image.decode()
    const canvas = new OffscreenCanvas(image.naturalWidth * scale, image.naturalHeight * scale)
    const context = canvas.getContext("2d")
    if (context === null) throw new Error("this browser cannot draw a PNG")
    context.fillStyle = light.paper
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await canvas.convertToBlob({ type: "image/png" })
  } finally {
    URL.revokeObjectURL(address)
  }
}
