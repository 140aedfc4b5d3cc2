/**
 * Conversations as searches have them, drawn by seed: one to three pictures, observations of any size, mistakes, replies in any
 * script. Each in two forms: what this project's sessions send, and messages for a model's own chat template.
 */
import { openConversation, shownPictures } from '../dist/policy/sampler/conversation.js'
import { textsAround } from '../dist/policy/chat/chat-messages.js'
import { errorText, observationText, questionText } from '../dist/protocol/prompts.js'
import { random } from '../dist/shared/random.js'

const words = [
  'a',
  'left',
  'Schild',
  '数字',
  'é',
  '🙂',
  '0.25',
  '<b>',
  '{"x": 1}',
  'дом',
  'تحت',
  '\t',
  "it's",
  '  ',
  '<image>',
]

/**
 * Returns the turns as the engine takes them, the messages, and the picture files in their order. A template that rewrites earlier turns
 * departs from a search behind the first, since a search only ever grows: `firstTurns` leaves the others out.
 */
export async function conversationOf(model, profile, seed, firstTurns) {
  const rng = random('gpu-check', seed)
  const text = (count) => Array.from({ length: 1 + rng.int(count) }, () => rng.pick(words)).join(' ')
  const conversation = openConversation(model, undefined, shownPictures())
  const { begun } = model.layout()
  const turns = []
  const messages = []
  const originals = 1 + rng.int(3)
  const views = Array.from({ length: originals }, (_, i) => viewOf(rng, `${seed} ${i}`))
  const [view, ...furtherViews] = views
  const question = {
    text: questionText(profile.prompts, text(8).replaceAll('<image>', ''), originals),
    view,
    furtherViews,
  }
  await say({ kind: 'question', system: profile.prompts.system, ...question }, views)
  const more = firstTurns ? 0 : rng.int(5)
  for (let turn = 1; turn <= more; turn++) {
    if (rng.next() < 0.3)
      await say({ kind: 'error', text: errorText(profile.prompts, { code: 'bad-box', error: text(5) }) }, [])
    else {
      const crop = viewOf(rng, `${seed} crop ${turn}`)
      const told = observationText(profile.prompts, turn - 1, turn)
      await say({ kind: 'observation', index: turn, text: told, view: crop }, [crop])
    }
  }
  const pictures = conversation.prompt().flatMap((chunk) => (chunk.kind === 'image' ? [chunk] : []))
  return { turns, messages, pictures: await Promise.all(pictures.map((chunk) => chunk.bytes())) }

  async function say(message, shown) {
    await conversation.tell(message)
    if (message.system) messages.push({ role: 'system', content: [{ type: 'text', text: message.system }] })
    const texts = textsAround(message.text, shown.length)
    const content = texts.flatMap((part, i) => [
      ...(part === '' ? [] : [{ type: 'text', text: part }]),
      ...(i < shown.length ? [{ type: 'image' }] : []),
    ])
    messages.push({ role: 'user', content })
    const written = `${begun === '' ? '<think>' : ''}${text(12)}</think><grounding>${text(4)}</grounding>`
    messages.push({ role: 'assistant', content: [{ type: 'text', text: written }] })
    const reply = [...model.tokenizer.encode(written), model.end]
    turns.push({ prompt: conversation.prompt(), reply })
    conversation.reply(reply)
  }
}

/** Noise over a ramp, of any shape. */
function viewOf(rng, key) {
  const [width, height] = [20 + rng.int(400), 20 + rng.int(400)]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7 + rng.int(90)) % 256)
  return { key, boxPx: [0, 0, width, height], pixels: async () => ({ width, height, data }) }
}
