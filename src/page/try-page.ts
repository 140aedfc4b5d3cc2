/** Writes the page that searches: the viewer with a worker, the kernels and the weights of an embedded policy, in one file that needs no server. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { readCheckpoint } from '../engine/embedded/checkpoint.ts'
import { readKernels } from '../model/kernels/node-kernels.ts'
import { packWeights } from '../model/packed-weights.ts'
import { parameterSpecs } from '../model/parameters.ts'
import { UserError } from '../shared/errors.ts'
import { replaceFile } from '../shared/replace-file.ts'
import { workerUrl } from '../shared/worker-url.ts'
import { dataFile } from './data-file.ts'
import type { SearcherData, TryData } from './page-data.ts'

/** Bits of a weight, and the largest size of its page: as fine as fits. */
const finest = 16
const coarsest = 8
const mostBytes = 3_000_000

export interface WrittenTry {
  readonly bytes: number
  /** Of each weight. */
  readonly bits: number
}

/** `policy`: how searches name the policy. Throws `UserError` for a checkpoint that is not one of the embedded policy, or too large for a page. */
export async function writeTryPage(path: string, checkpoint: string, policy = 'embedded'): Promise<WrittenTry> {
  const { config, parameters } = await readCheckpoint(checkpoint)
  const kernels = readKernels()
  const script = await readFile(workerUrl(import.meta.url, '../searcher/searcher.js'))
  const carried = {
    script: await packed(script),
    kernels: { relaxed: await packed(kernels.relaxed), plain: await packed(kernels.plain) },
    policy,
    config,
  }
  for (let bits = finest; bits >= coarsest; bits--) {
    const weights = await packed(packWeights(parameterSpecs(config), parameters, bits))
    const searcher: SearcherData = { ...carried, weights, bits }
    const data: TryData = { kind: 'try', searcher }
    const page = await dataFile('Search a scene', data, ['This page needs JavaScript.'])
    const bytes = Buffer.byteLength(page)
    if (bytes > mostBytes) continue
    await replaceFile(path, page)
    return { bytes, bits }
  }
  throw new UserError(
    'page-too-large',
    `${checkpoint} has too many weights for a page of ${mostBytes / 1e6} MB. Name another checkpoint.`,
  )
}

const deflate = promisify(deflateRaw)

async function packed(bytes: Uint8Array): Promise<string> {
  return (await deflate(bytes, { level: 9 })).toString('base64')
}
