/** The convolutional stem: a 64 x 64 view becomes 16 rows of features. */
import type { Pixels } from '../../vision/picture.ts'
import { firstKernel, patchCount, patchSize, patchTokens } from '../config.ts'
import type { Network } from './network.ts'
import type { StemTape } from './tape.ts'

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
  let activations = { patches: 0, first: 0, columns2: 0, second: 0, columns3: 0, third: 0 }
  for (let from = 0; from < views.length; from += chunk) {
    if (!keeps) kernels.release(mark)
    const row = from * patchTokens(config)
    const part = views.slice(from, from + chunk)
    activations = convolve(net, part, features + row * config.width * 4, scale + row * 4)
  }
  if (!keeps) kernels.release(mark)
  return { views: views.length, ...activations, features, scale }
}

function convolve(
  net: Network,
  views: readonly Pixels[],
  features: number,
  scale: number,
): Omit<StemTape, 'views' | 'features' | 'scale'> {
  const { config, kernels } = net
  const { call } = kernels
  const [c1, c2, c3] = config.stemChannels
  const batch = views.length
  const count = patchCount(config)
  const n = Math.sqrt(count)
  const inputs = patchSize
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
    call.cutPatches(padded, side + 2, firstKernel.size, firstKernel.stride, patches + b * count * inputs * 4)
  }
  const layer = (name: string, x: number, rows: number, k: number, width: number, rectifies: boolean): number => {
    const out = kernels.take(rows * width)
    call.gemm(x, k, net.panels(name), out, width, rows, width, k, false)
    call.addBias(out, rows, width, net.values(`${name}.bias`), rectifies)
    return out
  }
  const cut = (x: number, side: number, channels: number): number => {
    const out = kernels.take(batch * side * side * 4 * channels)
    for (let b = 0; b < batch; b++) {
      call.cutBlocks(x + b * side * side * channels * 4, side, channels, out + b * side * side * channels * 16)
    }
    return out
  }
  const first = layer('stem.1', patches, batch * count, inputs, c1, true)
  const columns2 = cut(first, n, c1)
  const second = layer('stem.2', columns2, (batch * count) / 4, 16 * c1, c2, true)
  const columns3 = cut(second, n / 2, c2)
  const third = layer('stem.3', columns3, (batch * count) / 16, 16 * c2, c3, true)
  const rows = batch * patchTokens(config)
  const seen = layer('stem.out', third, rows, c3, config.width, false)
  call.normalise(seen, rows, config.width, features, scale)
  return { patches, first, columns2, second, columns3, third }
}
