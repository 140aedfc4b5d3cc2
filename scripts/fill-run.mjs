/**
 * Makes a run of any size, to measure how commands that read runs behave: node scripts/fill-run.mjs <problem set> <run folder>
 * The problem set is of `mini-o3 probe build --no-pictures`, and the run is one that `mini-o3 eval` has begun on it and that was
 * interrupted after some searches. Every search that it lacks is added as a copy of one that it has, with the problem and the picture of
 * its own, and a verdict that is right in about half of the cases. Prints the number of added searches and bytes.
 */
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { readProblems } from '../dist/benchmark/readers/mini-o3-json.js'
import { sceneFrom } from '../dist/probe/problem.js'
import { scenePicture } from '../dist/probe/scene-picture.js'
import { keyOf, searchLog } from '../dist/runs/searches.js'
import { logFile, readLog } from '../dist/runs/log.js'
import { exitCodeOf, messageOf, UserError } from '../dist/shared/errors.js'
import { random } from '../dist/shared/random.js'

/** Longest search that is copied: the copies are about 3,000 bytes each. */
const mostBytes = 5000

/** @param {string[]} args */
async function main([data, run]) {
  if (data === undefined || run === undefined) {
    throw new UserError('usage', 'usage: node scripts/fill-run.mjs <problem set> <run folder>')
  }
  const { samples } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))
  const templates = []
  const done = new Set()
  for await (const search of readLog(run, searchLog)) {
    done.add(keyOf(search))
    if (JSON.stringify(search).length <= mostBytes) templates.push(search)
  }
  if (templates.length === 0) throw new UserError('no-search', `${run} has no search yet. Let mini-o3 eval run longer.`)
  const rng = random('fill run', 1)
  const out = createWriteStream(logFile(run, searchLog), { flags: 'a' })
  let searches = 0
  for (const { problem, picture } of await readProblems(data)) {
    if (!('scene' in picture)) throw new UserError('not-scenes', `${data} has pictures. Build it with --no-pictures.`)
    const { width, height, sha256 } = scenePicture(sceneFrom(picture.scene), picture.sidePx)
    for (let sampleIndex = 0; sampleIndex < samples; sampleIndex++) {
      if (done.has(keyOf({ problem, sampleIndex }))) continue
      const kind = rng.chance(0.5) ? 'correct' : 'wrong'
      const verdict = { kind, reason: 'made up' }
      const search = { ...rng.pick(templates), problem, picture: { sha256, width, height }, sampleIndex, verdict }
      searches++
      if (!out.write(`${JSON.stringify(search)}\n`)) await once(out, 'drain')
    }
  }
  out.end()
  await once(out, 'finish')
  console.log(`${searches} searches added, ${out.bytesWritten} bytes.`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${messageOf(error)}`)
  process.exitCode = exitCodeOf(error)
}
