/** Tests pictures: whether they arrive, also in several messages, how many a prompt may contain, and whether they are resized. */
import type { Completion, Endpoint } from '../endpoint.ts'
import type { ImagePart } from '../exchange/messages.ts'
import { encodeMessage } from '../exchange/encode-message.ts'
import { drawn, whyRefused, room, saidIn, user } from './asking.ts'
import type { AskServer, Finding } from './asking.ts'

const colours = { blue: [0, 0, 255], yellow: [255, 255, 0] } as const
const small = { width: 224, height: 224 }
const question = 'Which colour is this picture? Answer with one word.'

const names = (colour: string, completion: Completion): boolean =>
  new RegExp(`\\b${colour}\\b`, 'i').test(completion.text.replace(/^[\s\S]*<\/think>/, ''))

/** Tests one picture per prompt. The last reply is returned for further analysis, and absent if the request was refused. */
export async function tryPictures(
  ask: AskServer,
  { kind }: Endpoint,
): Promise<{ readonly finding: Finding; readonly reply?: Completion | undefined }> {
  const check = 'pictures'
  const wrong: string[] = []
  let reply: Completion | undefined
  try {
    for (const [name, colour] of Object.entries(colours)) {
      reply = await ask('whether a picture arrives', [user(await drawn(small, colour), question)], room)
      if (!names(name, reply)) wrong.push(`${name} "${saidIn(reply)}"`)
    }
  } catch (error) {
    // The refusal names the fix.
    return { finding: { check, level: 'problem', text: whyRefused(error) } }
  }
  if (wrong.length === 0) {
    return { finding: { check, level: 'ok', text: 'the model names the colours of two test pictures' }, reply }
  }
  const text = `The pictures do not arrive, or the model cannot see them: it calls ${wrong.join(' and ')}`
  return { finding: { check, level: 'problem', text, fix: kind.seeing }, reply }
}

/** Like a search: system message, picture, reply, a second picture in its own message, and a question about the first. */
export async function trySeveralTurns(ask: AskServer): Promise<Finding> {
  const check = 'several turns'
  const fix = 'A search sends each crop in its own message: use another server, or a newer version of this one.'
  const opening = encodeMessage({ role: 'system', content: 'You answer questions about pictures.' })
  const first = [opening, user(await drawn(small, colours.blue), question)]
  let reply: Completion
  try {
    reply = await ask('a first picture', first, room)
  } catch (error) {
    const text = `A picture after a system message, as in every search, fails. ${whyRefused(error)}`
    return { check, level: 'problem', text, fix: 'Use a model, or a chat template, that takes system messages.' }
  }
  try {
    const second = [...first, reply.message, user(await drawn(small, colours.yellow), question)]
    const seen = await ask('a second picture in another message', second, room)
    if (!names('yellow', seen)) {
      const text = `A second picture, in another message, does not arrive: the model calls yellow "${saidIn(seen)}"`
      return { check, level: 'problem', text, fix }
    }
    const back = user('Name the colour of the first picture in this conversation, in one word.')
    const remembered = await ask('whether the first picture is remembered', [...second, seen.message, back], room)
    if (names('blue', remembered)) {
      return { check, level: 'ok', text: 'pictures in several messages arrive, and the first is remembered' }
    }
    if (isDropped(reply, remembered)) {
      const text = `The server drops earlier pictures: asked for the first, the model says "${saidIn(remembered)}"`
      return { check, level: 'problem', text, fix }
    }
    const text = `pictures in several messages arrive; asked for the first, the model says "${saidIn(remembered)}"`
    return { check, level: 'note', text, fix: 'The model may have difficulty returning to earlier crops.' }
  } catch (error) {
    return { check, level: 'problem', text: `Pictures in several messages fail. ${whyRefused(error)}`, fix }
  }
}

/** Whether two pictures and three texts cost little more than one picture and one text. */
function isDropped({ usage: one }: Completion, { usage: all }: Completion): boolean {
  return one !== undefined && all !== undefined && all.promptTokens < one.promptTokens * 1.5
}

/** Largest number of pictures tested. */
const mostImages = 64
/** Pictures of a search of 32 turns, the limit of the default profile: the original, and a crop after every turn but the last. */
const wantedImages = 32

/** Doubles the number until it is refused, then bisects. `imageCap` is set if the limit is below the needs of the longest search. */
export async function tryImageCounts(
  ask: AskServer,
  { kind }: Endpoint,
): Promise<{ readonly finding: Finding; readonly imageCap?: number }> {
  const check = 'pictures per prompt'
  const image = await drawn({ width: 64, height: 64 }, [128, 128, 128])
  let refusal = ''
  const takes = async (count: number): Promise<boolean> => {
    const parts = Array.from({ length: count }, () => image)
    try {
      await ask(`whether a prompt may hold ${count} pictures`, [user(...parts, 'Say "ok".')], {
        ...room,
        maxTokens: 16,
      })
      return true
    } catch (error) {
      refusal = whyRefused(error)
      return false
    }
  }
  let taken = 1
  let refused = mostImages + 1
  while (taken < mostImages && refused > mostImages) {
    const next = Math.min(2 * taken, mostImages)
    if (await takes(next)) taken = next
    else refused = next
  }
  while (refused <= mostImages && refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2)
    if (await takes(middle)) taken = middle
    else refused = middle
  }
  if (taken >= mostImages) return { finding: { check, level: 'ok', text: `${mostImages} or more` } }
  if (taken >= wantedImages) return { finding: { check, level: 'ok', text: String(taken) } }
  const fix = `For searches of up to ${wantedImages} turns, ${kind.moreImages(wantedImages)}.`
  const level = taken < 2 ? 'problem' : 'note'
  const why = level === 'problem' ? `; a search needs at least 2. ${refusal}` : ''
  return { finding: { check, level, text: `${taken}${why}`, fix }, imageCap: taken }
}

const smaller = { width: 560, height: 400 }
const larger = { width: 1568, height: 1120 }
const areaOf = ({ width, height }: { readonly width: number; readonly height: number }): number => width * height

/** Compares the token cost of two picture sizes. `maxPixels`: approximate size above which pictures are shrunk, if they are. */
export async function tryPictureSizes(
  ask: AskServer,
): Promise<{ readonly findings: readonly Finding[]; readonly maxPixels?: number }> {
  const check = 'picture size'
  const tokens = async (...parts: readonly ImagePart[]): Promise<number | undefined> =>
    (await ask('whether large pictures arrive whole', [user(...parts, 'Say "ok".')], { ...room, maxTokens: 16 })).usage
      ?.promptTokens
  try {
    const none = await tokens()
    const few = await tokens(await drawn(smaller, [128, 128, 128]))
    const many = await tokens(await drawn(larger, [128, 128, 128]))
    if (none === undefined || few === undefined || many === undefined || few <= none) return { findings: [] }
    const times = (many - none) / (few - none)
    const whole = areaOf(larger) / areaOf(smaller)
    if (times > 0.85 * whole) {
      const text = `${larger.width}x${larger.height} pixels are not resized: ${many - none} tokens`
      return { findings: [{ check, level: 'ok', text }] }
    }
    if (times < 1.15) {
      const text = `every picture costs ${many - none} tokens, so large ones are probably downscaled`
      const fix = 'Small details are only visible in crops: allow many turns.'
      return { findings: [{ check, level: 'note', text, fix }] }
    }
    const maxPixels = Math.round((times * areaOf(smaller)) / 10_000) * 10_000
    const text = `pictures of more than about ${(maxPixels / 1e6).toFixed(2)} million pixels are downscaled by the server`
    const fix = `To avoid resizing, search with --max-pixels ${maxPixels}.`
    return { findings: [{ check, level: 'note', text, fix }], maxPixels }
  } catch (error) {
    return { findings: [{ check, level: 'note', text: `large pictures are refused. ${whyRefused(error)}` }] }
  }
}
