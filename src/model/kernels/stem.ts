/** The convolutional stem: a 64 x 64 view becomes 16 rows of features. */
import type { Pixels } from '../../vision/picture.ts'
import { itemAt, lastOf } from '../../shared/known.ts'
import { firstKernel, halvingConvolutions, patchCount, patchSize, patchTokens } from '../config.ts'
import type { Address } from './kernels.ts'
import type { Network } from './network.ts'
import type { ConvolutionTape, StemTape } from './tape.ts'

/** Views that are worked at together where nothing is kept, so that what lies between the layers stays in a cache. */
const together = 4

/** Features of `views`. Where it `keeps`, the activations of all of them stay. Throws `RangeError` for a view of another size. */
export function runStem(net: Network, views: readonly Pixels[], keeps: boolean): StemTape {
  const { config, kernels } = net
  const rows = views.length * patchTokens(config)
  const features = kernels.take(rows * config.width)
  const scale = kernels.take(rows)
  const chunk = keeps ? views.length : together
  const mark = kernels.mark()
  let convolutions: readonly ConvolutionTape[] = []
  for (let from = 0; from < views.length; from += chunk) {
    if (!keeps) kernels.release(mark)
    const row = from * patchTokens(config)
    const part = views.slice(from, from + chunk)
    convolutions = convolve(net, part, features + row * config.width * 4, scale + row * 4)
  }
  if (!keeps) kernels.release(mark)
  return { views: views.length, convolutions, features, scale }
}

function convolve(
  net: Network,
  views: readonly Pixels[],
  features: Address,
  scale: Address,
): readonly ConvolutionTape[] {
  const { config, kernels } = net
  const { call } = kernels
  const batch = views.length
  const count = patchCount(config)
  const inputs = patchSize(config)
  const { size, stride } = firstKernel(config)
  const patches = kernels.take(batch * count * inputs)
  const side = config.viewPx
  const padded = kernels.take((side + 2) ** 2 * 3)
  const bytes = kernels.take((side * side * 3) / 4)
  for (const [b, { width, height, data }] of views.entries()) {
    if (width !== side || height !== side) {
      throw new RangeError(`a view of ${width} x ${height} pixels; the model looks at ${side} x ${side}`)
    }
    kernels.bytes(bytes, data.length).set(data)
    call.padView(bytes, side, padded)
    call.cutPatches(padded, side + 2, size, stride, patches + b * count * inputs * 4)
  }
  const layer = (name: string, x: Address, rows: number, k: number, width: number, rectifies: boolean): Address => {
    const out = kernels.take(rows * width)
    call.gemm(x, k, net.panels(name), out, width, rows, width, k, false)
    call.addBias(out, rows, width, net.values(`${name}.bias`), rectifies)
    return out
  }
  const channels = itemAt(config.stemChannels, 0)
  const tapes = [{ columns: patches, out: layer('stem.1', patches, batch * count, inputs, channels, true) }]
  let n = Math.sqrt(count)
  for (const { name, from, to } of halvingConvolutions(config)) {
    const columns = kernels.take(batch * n * n * 4 * from)
    const x = lastOf(tapes).out
    for (let b = 0; b < batch; b++) {
      call.cutBlocks(x + b * n * n * from * 4, n, from, columns + b * n * n * from * 16)
    }
    n /= 2
    tapes.push({ columns, out: layer(name, columns, batch * n * n, 16 * from, to, true) })
  }
  const rows = batch * patchTokens(config)
  const seen = layer('stem.out', lastOf(tapes).out, rows, lastOf(config.stemChannels), config.width, false)
  call.normalise(seen, rows, config.width, features, scale)
  return tapes
}
