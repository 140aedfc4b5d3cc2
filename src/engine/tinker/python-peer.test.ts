/**
 * This client and the protocol's own one do the same work on the same server and see the same numbers. Needs a Python with
 * `tinker` 0.38.0 named in TINKER_SDK_PYTHON; without one it is skipped.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startTinkerServer } from '../../../test/tinker-server.ts'
import { tinyFolder, tinyModel } from '../../../test/tinker-runs.ts'
import { encodePng } from '../../vision/encode.ts'
import { type Datum, defaultAdam } from '../engine.ts'
import { tinkerKinds } from './server-kinds.ts'
import { tinkerEngine } from './tinker-engine.ts'
import { special } from '../../model/tokenizer.ts'
import { promptOf } from '../engine.ts'

const python = process.env['TINKER_SDK_PYTHON']

const view = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) }
const data: Datum[] = [5, 6, 7].map((token) => ({
  prompt: promptOf(view, [10, 11, token]),
  reply: [token, 9, 1],
  weights: [0.1, 0.2, 0.3],
}))

interface Seen {
  readonly logprobs: number[][][]
  readonly gradientNorms: number[]
  readonly saved: string
  readonly sampled: { readonly tokens: number[]; readonly logprobs: number[] }
}

test.skipIf(python === undefined)('as the protocol’s own client', async () => {
  const folder = await tinyFolder()
  const model = { config: tinyModel, workers: 1, seed: 3 }
  const server = await startTinkerServer({ folder, model, codec: 'protobuf', pending: 'try_again' })
  const picture = join(folder, 'view.png')
  await writeFile(picture, await encodePng(view))
  const { stdout } = await promisify(execFile)(python!, ['test/python-peer.py', server.url, picture])
  const theirs = JSON.parse(stdout.trim().split('\n').at(-1)!) as Seen

  const kind = { ...tinkerKinds.embedded, codec: 'protobuf' } as const
  const engine = await tinkerEngine({ url: server.url, endTokens: [special.end], kind })
  const adam = { ...defaultAdam, learningRate: 0.1 }
  for (let step = 0; step < 2; step++) {
    const { logprobs } = await engine.forwardBackward(data, { kind: 'cross-entropy' })
    expect(logprobs).toEqual(theirs.logprobs[step])
    expect(await engine.optimStep(adam)).toEqual({ gradientNorm: theirs.gradientNorms[step] })
  }
  const sampler = await engine.sampler()
  const reply = await sampler.sample(
    { prompt: data[0]!.prompt, seed: 3, temperature: 1, maxTokens: 4 },
    { signal: undefined },
  )
  expect([...reply.tokens, ...(reply.ended ? [1] : [])]).toEqual(theirs.sampled.tokens)
  expect(reply.logprobs).toEqual(theirs.sampled.logprobs)
  expect(theirs.saved).toMatch(/^tinker:\/\/[\w-]+\/weights\/one$/)

  // What one of them saved, the other goes on from.
  await engine.load(theirs.saved)
  const resumed = await (
    await engine.sampler()
  ).sample({ prompt: data[0]!.prompt, seed: 3, temperature: 1, maxTokens: 4 }, { signal: undefined })
  expect(resumed).toEqual(reply)
  expect(server.violations).toEqual([])
  await engine.close()
  await server.close()
})
