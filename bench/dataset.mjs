/**
 * What building and first opening a problem set costs, in processor time: problems of each kind made, drawn and encoded at
 * about 4K, as one core gets them done; then decoding an 8K JPEG and cutting its first view, beside Pillow doing the same
 * (`observation_peer.py`; left out where Python or Pillow is missing).
 *
 *     npm run build && node bench/dataset.mjs [--repeats 5] [--python python3]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { sceneRefs } from '../dist/probe/dataset.js'
import { drawScene } from '../dist/probe/draw.js'
import { sceneFrom } from '../dist/probe/problem.js'
import { worldRefs } from '../dist/probe/world/dataset.js'
import { drawWorld } from '../dist/probe/world/draw-world.js'
import { makeWorld } from '../dist/probe/world/make-world.js'
import { pixelBox } from '../dist/protocol/box.js'
import { profiles } from '../dist/protocol/profile.js'
import { PixelCache } from '../dist/vision/cache.js'
import { encode, encodeJpeg } from '../dist/vision/encode.js'
import { fitSize, view } from '../dist/vision/fit.js'
import { openPicture } from '../dist/vision/open.js'
import { benchOptions, cost, medians } from './measure.mjs'
import { startPeer } from './picture-peer.mjs'

const values = benchOptions({ repeats: 5, side: 4096, python: 'python3' }, { repeats: 1, side: 256 })
const { repeats, side } = values
/** Twice the height: 8K by default. */
const eightK = { width: (side * 15) / 8, height: (side * 135) / 128 }
const jpegQuality = 92
sharp.concurrency(1)
sharp.cache(false)

/** A problem each time it is called, of the level whose pictures are about 4K. */
function builders() {
  const shapes = sceneRefs('test', 3 * (repeats + 1), 1, 'medium').values()
  const worlds = worldRefs('test', 3 * (repeats + 1), 1, 'medium').values()
  return {
    shapes: () =>
      cost(() => {
        const size = { width: side, height: side }
        return encodeJpeg(drawScene(sceneFrom(shapes.next().value), [0, 0, 1, 1], size), jpegQuality)
      }),
    world: () =>
      cost(() => drawnWorld(makeWorld(worlds.next().value)).then((pixels) => encodeJpeg(pixels, jpegQuality))),
  }
}

async function drawnWorld(world, size = { width: world.width, height: world.height }) {
  return drawWorld(world, pixelBox(0, 0, world.width, world.height), size)
}

const folder = await mkdtemp(join(tmpdir(), 'bench-dataset-'))
const peer = startPeer(values.python)
try {
  console.log(`${cpus()[0].model}; Node ${process.version}; one thread each; medians of ${repeats}`)
  for (const [kind, { cpuMs }] of Object.entries(await medians(builders(), repeats))) {
    console.log(
      `${kind.padEnd(8)} ${cpuMs.toFixed(0)} ms a problem, ${(1000 / cpuMs).toFixed(2)} problems a second and core`,
    )
  }

  const file = join(folder, '8k.jpg')
  await writeFile(file, await encodeJpeg(await drawnWorld(makeWorld(worldRefs('test', 1, 1, 'hard')[0]), eightK), 90))
  const { firstView } = profiles.default
  const whole = pixelBox(0, 0, eightK.width, eightK.height)
  /** @type {Record<string, () => Promise<import('./measure.mjs').Cost>>} */
  const contenders = {
    ours: () =>
      cost(async () => {
        const picture = await openPicture(file, { cache: new PixelCache(1e9) })
        await encode(await view(picture, whole, firstView), 'jpeg')
      }),
  }
  if (peer === undefined)
    console.log(`Without the peer: ${values.python} has no Pillow (pip install pillow, or --python).`)
  else {
    const views = [{ boxPx: whole, size: fitSize(eightK, firstView), resampler: firstView.resampler }]
    contenders.peer = () => peer.pass({ file, encoding: 'jpeg', views })
  }
  const { ours, peer: theirs } = await medians(contenders, repeats)
  const beside = theirs
    ? `  Pillow ${theirs.cpuMs.toFixed(0)} ms  Pillow/ours ${(theirs.cpuMs / ours.cpuMs).toFixed(2)}`
    : ''
  console.log(`first view of an 8K JPEG: ours ${ours.cpuMs.toFixed(0)} ms${beside}`)
} finally {
  peer?.stop()
  await rm(folder, { recursive: true })
}
