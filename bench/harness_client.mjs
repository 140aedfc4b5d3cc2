/**
 * One measurement of `harness.mjs`, in a process of its own: many searches at once through the chat policy, then the picture
 * work of the same searches alone (crop, resample, encode), as many at once, so that the difference is the program's.
 */
import { readFile } from 'node:fs/promises'
import { openEndpoint } from '../dist/endpoint/open-endpoint.js'
import { chatPolicy } from '../dist/policy/chat/chat-policy.js'
import { viewBytes } from '../dist/policy/chat/view-bytes.js'
import { profiles } from '../dist/protocol/profile.js'
import { searchMany } from '../dist/search/search-many.js'
import { mapAsFinished } from '../dist/shared/map-limit.js'
import { view, viewRule } from '../dist/vision/fit.js'
import { openPicture } from '../dist/vision/open.js'
import { cost } from './measure.mjs'

const profile = profiles.default

/** Time that the main thread ran, without the time it waited for a core; 0 where the system does not tell. */
async function mainThreadMs() {
  const stat = await readFile(`/proc/self/task/${process.pid}/schedstat`, 'utf8').catch(() => '0')
  return Number(stat.split(' ')[0]) / 1e6
}

async function costs(work) {
  const before = await mainThreadMs()
  const spent = await cost(work)
  return { ...spent, mainMs: (await mainThreadMs()) - before }
}

async function measure({ baseUrl, kind, pictures, concurrency, searches, turns }) {
  const tasks = await Promise.all(
    pictures.map(async ({ file, problem }) => ({ picture: await openPicture(file), problem })),
  )
  const endpoint = await openEndpoint({ baseUrl, kind })
  const samples = (count) =>
    Array.from({ length: count }, (_, i) => ({
      task: tasks[i % tasks.length],
      sampleIndex: Math.floor(i / tasks.length),
    }))

  /** A policy of its own each time: it keeps what it encoded lately. */
  async function search(count) {
    const policy = chatPolicy({ endpoint, model: 'scripted', profile })
    const options = { profile, maxTurns: turns, seed: 1, concurrency }
    const found = []
    for await (const { trajectory } of searchMany(samples(count), policy, options)) found.push(trajectory)
    const wrong = found.find(({ end, turns: taken }) => end !== 'over-turn' || taken.length !== turns)
    if (wrong !== undefined) throw new Error(`a search ended ${wrong.end}: ${JSON.stringify(wrong.failure)}`)
    return found
  }

  /** Every view of a search but the first, which is encoded once for all searches on its picture. */
  async function code(found) {
    const byHash = new Map(tasks.map(({ picture }) => [picture.sha256, picture]))
    const views = [
      ...tasks.map(({ picture }) => ({ picture, boxPx: [0, 0, picture.width, picture.height], index: 0 })),
      ...found.flatMap(({ picture: { sha256 }, observations }) =>
        observations
          .slice(1)
          .map(({ boxInOriginalPx: boxPx, index }) => ({ picture: byHash.get(sha256), boxPx, index })),
      ),
    ]
    const work = async ({ picture, boxPx, index }) => {
      await viewBytes(await view(picture, boxPx, viewRule(profile, index)))
    }
    // As many as the chat policy has in hand.
    for await (const _ of mapAsFinished(views, Math.min(8, concurrency), work));
  }

  await search(16)
  const openedBytes = process.memoryUsage.rss()
  const sentBefore = endpoint.spent().bytesSent
  let found
  const searched = await costs(async () => (found = await search(searches)))
  const peakBytes = process.resourceUsage().maxRSS * 1024
  const bytesSent = endpoint.spent().bytesSent - sentBefore
  const coding = await costs(() => code(found))
  endpoint.close()
  return { search: searched, coding, peakBytes, openedBytes, bytesSent }
}

process.once('message', (/** @type {Parameters<typeof measure>[0]} */ task) => {
  measure(task).then(
    (result) => process.send(result, () => process.disconnect()),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
