/** Worker thread that decodes an HEIC picture within the memory of a WebAssembly module, isolated from the process. */
import libheif from 'libheif-js/wasm-bundle.js'
import { answerRequests } from '../shared/worker-client.ts'
import type { HeicPixels } from './heic.ts'

answerRequests<Uint8Array, HeicPixels>(async (encoded) => {
  const images = new libheif.HeifDecoder().decode(encoded)
  const image = images.find((one) => one.is_primary()) ?? images[0]
  if (image === undefined) throw new Error('it contains no picture that can be decoded')
  const [width, height] = [image.get_width(), image.get_height()]
  const into = { width, height, data: new Uint8ClampedArray(width * height * 4) }
  const shown = await new Promise((done) => image.display(into, done))
  if (shown === null) throw new Error('its picture cannot be decoded')
  return { width, height, rgba: new Uint8Array(into.data.buffer) }
})
