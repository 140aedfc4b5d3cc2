/** What a server can really do with a model: found out by asking it. A search needs pictures, several of them, and stops. */
import { MiniO3Error, messageOf } from '../shared/errors.ts'
import { sha256 } from '../shared/canonical.ts'
import { encodePng } from '../vision/encode.ts'
import { encodeMessage } from './exchange/encode-message.ts'
import type { Completion, CompletionRequest, Endpoint } from './endpoint.ts'
import type { ContentPart, ImagePart } from './exchange/messages.ts'

export interface Finding {
  readonly check: string
  /** `problem`: no search can be done like this. */
  readonly level: 'ok' | 'note' | 'problem'
  readonly text: string
  /** What to do about it. */
  readonly fix?: string
}

export interface TryOptions {
  readonly endpoint: Endpoint
  readonly model: string
  readonly signal?: AbortSignal
  /** Told before every request. */
  readonly onRequest: (what: string) => void
}

export interface Tries {
  readonly findings: readonly Finding[]
  /** Pictures that a prompt may hold, where that is fewer than the longest search wants. */
  readonly imageCap?: number
}

/** More pictures than these are not tried. */
const mostImages = 64
/** Of a search of 32 turns, the limit of the default profile: the original, and a crop after every turn but the last. */
const wantedImages = 32

type Ask = (what: string, content: readonly ContentPart[], more: Partial<CompletionRequest>) => Promise<Completion>

/** Throws `AbortedError` only: whatever else goes wrong is a finding. */
export async function tryServer({ endpoint, model, signal, onRequest }: TryOptions): Promise<Tries> {
  const ask: Ask = (what, content, more) => {
    onRequest(what)
    const messages = [encodeMessage({ role: 'user', content })]
    return endpoint.complete({ model, messages, ...more }, { signal })
  }
  const colours = await tryPictures(ask)
  if (colours.findings.some(({ level }) => level === 'problem')) return colours
  const images = await tryImageCounts(ask, endpoint)
  const stop = await settled('stop strings', () => tryStop(ask))
  const seed = await settled('seed', () => trySeed(ask, endpoint))
  return { ...images, findings: [...colours.findings, ...images.findings, ...stop, ...seed] }
}

/** The findings, or the one that it could not be tried. */
async function settled(check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    return [{ check, level: 'problem', text: said(error) }]
  }
}

/** Lets an abort through. */
function said(error: unknown): string {
  if (error instanceof MiniO3Error && error.code !== 'aborted') return messageOf(error)
  throw error
}

const squares = { blue: [0, 0, 255], yellow: [255, 255, 0] } as const
const room = { maxTokens: 2_048, temperature: 0 } as const

async function tryPictures(ask: Ask): Promise<Tries> {
  const check = 'pictures'
  try {
    const wrong: string[] = []
    let last: Completion | undefined
    for (const [name, colour] of Object.entries(squares)) {
      const question = { type: 'text', text: 'Which colour is this picture? Answer with one word.' } as const
      last = await ask('whether a picture arrives', [await square(colour, 224), question], room)
      const answer = last.text.replace(/^[\s\S]*<\/think>/, '')
      if (!new RegExp(`\\b${name}\\b`, 'i').test(answer)) wrong.push(`${name} it calls "${answer.trim().slice(0, 60)}"`)
    }
    const thinking = aboutThinking(last!)
    if (wrong.length === 0) {
      return {
        findings: [{ check, level: 'ok', text: 'a blue and a yellow one are called by their colours' }, ...thinking],
      }
    }
    const fix = 'Take a model that sees pictures; with llama.cpp give it its --mmproj file.'
    return {
      findings: [{ check, level: 'problem', text: `they do not arrive: ${wrong.join(', ')}`, fix }, ...thinking],
    }
  } catch (error) {
    const fix = 'Take a model that sees pictures.'
    return { findings: [{ check, level: 'problem', text: said(error), fix }] }
  }
}

function aboutThinking({ handling, text, usage }: Completion): Finding[] {
  const check = 'thinking'
  const inReply = text.includes('<think>') ? 'stands in the reply' : 'none seen'
  const thinking: Finding = handling?.thinkingApart
    ? {
        check,
        level: 'note',
        text: 'comes in a field of its own; it is kept as the thought, and goes back in that field',
      }
    : { check, level: 'ok', text: inReply }
  if (usage !== undefined) return [thinking]
  return [thinking, { check: 'token counts', level: 'note', text: 'the server gives none; they are estimated' }]
}

/** Doubles until it is refused, then halves the difference. */
async function tryImageCounts(ask: Ask, { kind }: Endpoint): Promise<Tries> {
  const check = 'pictures a prompt'
  const image = await square([128, 128, 128], 64)
  let refusal = ''
  const takes = async (count: number): Promise<boolean> => {
    try {
      const parts = [...Array.from({ length: count }, () => image), { type: 'text', text: 'Say "ok".' } as const]
      await ask(`whether a prompt may hold ${count} pictures`, parts, { ...room, maxTokens: 16 })
      return true
    } catch (error) {
      refusal = said(error)
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
  if (taken >= mostImages) return { findings: [{ check, level: 'ok', text: `${mostImages} or more` }] }
  if (taken >= wantedImages) return { findings: [{ check, level: 'ok', text: String(taken) }] }
  const fix = `For searches of up to ${wantedImages} turns, ${kind.moreImages(wantedImages)}.`
  const level = taken < 2 ? 'problem' : 'note'
  const why = level === 'problem' ? `; a search needs at least 2. ${refusal}` : ''
  return { findings: [{ check, level, text: `${taken}${why}`, fix }], imageCap: taken }
}

const stop = ['</grounding>']

async function tryStop(ask: Ask): Promise<readonly Finding[]> {
  const check = 'stop strings'
  const prompt = 'Copy this line exactly, and write nothing else: <grounding>here</grounding> and on'
  const { handling, text } = await ask('what becomes of a stop string', [{ type: 'text', text: prompt }], {
    ...room,
    stop,
  })
  if (handling?.refused.includes('stop')) {
    return [{ check, level: 'note', text: 'refused; replies are cut at them here, so each costs a few tokens more' }]
  }
  switch (handling?.stop) {
    case 'kept':
      return [{ check, level: 'ok', text: 'kept' }]
    case 'stripped':
      return [{ check, level: 'ok', text: 'stripped; they are put back here' }]
    case 'overlooked':
      return [{ check, level: 'note', text: 'overlooked; replies are cut at them here, so each costs more tokens' }]
    default: {
      const answer = text.trim().slice(0, 60)
      return [{ check, level: 'note', text: `unknown: the model did not copy a line, but wrote "${answer}"` }]
    }
  }
}

async function trySeed(ask: Ask, { kind }: Endpoint): Promise<readonly Finding[]> {
  const check = 'seed'
  const fix = 'Searches are sampled anew each time, whatever --seed says.'
  if (!kind.seed) return [{ check, level: 'note', text: `${kind.title} takes none`, fix }]
  const prompt = 'Write a line of thirty random letters. Do not explain.'
  const sample = (seed: number): Promise<Completion> =>
    ask('whether sampling is seeded', [{ type: 'text', text: prompt }], { ...room, temperature: 1, seed })
  const first = await sample(11)
  const again = await sample(11)
  const other = await sample(12)
  if (other.handling?.refused.includes('seed')) return [{ check, level: 'note', text: 'refused', fix }]
  if (first.text !== again.text) {
    return [{ check, level: 'note', text: 'the same seed gave two replies', fix }]
  }
  if (first.text === other.text) {
    return [{ check, level: 'note', text: 'all replies are the same, whatever the seed: is sampling turned off?' }]
  }
  return [{ check, level: 'ok', text: 'the same seed gives the same reply, another one another' }]
}

async function square([r, g, b]: readonly [number, number, number], side: number): Promise<ImagePart> {
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < data.length; at += 3) data.set([r, g, b], at)
  const bytes = await encodePng({ width: side, height: side, data })
  return { type: 'image', bytes, mime: 'image/png', sha256: sha256(bytes) }
}
