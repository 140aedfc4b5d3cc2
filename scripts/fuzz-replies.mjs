/**
 * Feeds mutated replies to every reader of text, and fails where one throws or takes more than 50 ms of this process:
 * node scripts/fuzz-replies.mjs [replies] [seed]
 * A reply begins as one that a model, a judge or a server gave, and is cut, doubled, nested, mixed with others and strewn with
 * what readers stumble over. The same seed gives the same replies. A slow one is measured again alone, four times, because a
 * busy machine and the collection of garbage add to the first figure; each reader counts by itself. Reads dist: build first.
 */
import { textReaders } from './text-readers.mjs'

const [count = '100000', firstSeed = '1'] = process.argv.slice(2)
if (!/^\d+$/.test(count) || !/^\d+$/.test(firstSeed)) {
  console.error('usage: node scripts/fuzz-replies.mjs [replies] [seed]')
  process.exit(2)
}
const mostMs = 50
const mostCharacters = 100_000

const box = '{"bbox_2d": [0.1, 0.2, 0.3, 0.4], "source": "original_image"}'
const replies = [
  `<think>It is small.</think><grounding>${box}</grounding>`,
  '<think>Now I see it.</think><answer>(B) red</answer>',
  '<tool_call>\n{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": [10, 20, 300, 400], "label": "x"}}\n</tool_call>',
  '<tool_call>{"name": "crop_image_normalized", "arguments": {"bbox_2d": [0.1, 0.2, 0.3, 0.4], "target_image": 2}}</tool_call>',
  `<tool_call>{"name":"zoom","arguments":${box}}</tool_call>`,
  `<tool_call>{"name":"zoom","arguments":${JSON.stringify(box)}}</tool_call>`,
  'The sign reads \\boxed{\\text{B}}.',
  "<grounding>{'bbox_2d': (1, 2, 3, 4), 'source': 'observation_1'}</grounding>",
  'The correct option is B because A is not visible.',
  '正确答案是（B），因为A太小。',
  '**Score: 1**\nBoth say white.',
  '```json\n{"score": 0, "reason": "other words"}\n```',
  '<score>1</score>',
  'Judgement: correct',
  "[{'from': 'human', 'value': 'a\\n\\x41\\u00e9'}, {'from': 'gpt', 'value': \"b\"}]",
  'PROMPT = """a\nb"""\nother = [1, 2.5e3, True, None]\n',
  '{"error": {"message": "This model\'s maximum context length is 4096 tokens.", "type": "BadRequestError", "code": 400}}',
  '<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>',
  'correct and turns > 6 and pattern:backtrack and (level:hard or "red heart") and not time >= 1.5min',
  '{"choices": [{"finish_reason": "stop", "message": {"content": "B", "tool_calls": []}}], "usage": {"prompt_tokens": 1}}',
]
const pieces = [
  ['<think>', '</think>', '<answer>', '</answer>', '<grounding>', '</grounding>', '<tool_call>', '</tool_call>'],
  [
    '\\boxed{',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '"',
    "'",
    '\\',
    '`',
    '*',
    '_',
    '<',
    '>',
    '</',
    '|',
    '#',
    '$',
    ':',
    ',',
    '.',
  ],
  ['"bbox_2d": ', '"source": ', '"name": ', '"arguments": ', '"__proto__": ', '"constructor": ', '"length": '],
  [
    '1e400',
    '-1e400',
    '-0',
    '1e-400',
    'NaN',
    'Infinity',
    '9'.repeat(500),
    '0x1',
    '007',
    '1_0',
    '1.',
    '.5',
    'null',
    'true',
  ],
  ['observation_1', 'observation_99999999999999999999', 'original_image', '\0', '\ud800', '\udc00', '\u2028', '\ufeff'],
  ['\u0301', '\u0301\u0316', 'İ', 'ﷺ', 'Ａ', '：', '🔍', '\u001b[31m', '\u009b', '\r\n', '\n', '\t', ' ', '\u3000'],
  [
    ' and ',
    ' or not ',
    'turns:3..8',
    'looked = 0',
    'Score: 1',
    'score:',
    'Answer: ',
    'answer is B',
    'A or B',
    '选B',
    '不',
    'true',
    '```json\n',
    '<|im_end|>',
    'data: ',
    '"""',
    "'''",
  ],
].flat()

/** xorshift32: a number of [0, below). */
let state
function random(below) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}
const pick = (items) => items[random(items.length)]

const mutations = [
  (text) => insert(text, pick(pieces)),
  (text) => insert(text, pick(pieces)),
  (text) => insert(text, pick(pieces).repeat(1 + random(60))),
  (text) => insert(text, String.fromCharCode(random(65_536))),
  (text) => text.slice(0, random(text.length + 1)),
  (text) => text.slice(random(text.length + 1)),
  (text) => insert(text, pick(replies)),
  (text) => {
    const at = random(text.length + 1)
    return text.slice(0, at) + text.slice(at + 1 + random(20))
  },
  (text) => {
    const from = random(text.length + 1)
    const part = text.slice(from, from + 1 + random(40))
    return insert(text, part.repeat(1 + random(8)))
  },
  (text) => {
    const [open, close] = pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['(', ')'],
      ['\\boxed{', '}'],
      ['<think>', '</think>'],
      ['"', '"'],
    ])
    const depth = 1 + random(random(100) === 0 ? 8000 : 120)
    const at = random(text.length + 1)
    return text.slice(0, at) + open.repeat(depth) + text.slice(at) + close.repeat(random(3) === 0 ? 0 : depth)
  },
]
const insert = (text, part) => {
  const at = random(text.length + 1)
  return text.slice(0, at) + part + text.slice(at)
}

/** One reply in a thousand is long: a piece over and over, somewhere in it. */
function mutated(number) {
  state = (Number(firstSeed) * 2_654_435_761 + number * 40_503 + 1) | 1
  for (let warm = 0; warm < 8; warm++) random(1)
  let text = pick(replies)
  for (let left = 1 + random(8); left > 0; left--) text = pick(mutations)(text)
  if (random(1000) === 0) text = insert(text, pick(pieces).repeat(1 + random(40_000)))
  return text.slice(0, mostCharacters)
}

function costMs(read, text) {
  const before = process.cpuUsage()
  read(text)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const readers = Object.entries(textReaders)
/** A user's expression waits for a thread that watches it, so it reads one reply in a hundred. */
const most = readers.filter(([name]) => name !== 'score pattern')
let faults = 0
function tell(fault) {
  faults++
  if (faults <= 50) console.log(JSON.stringify(fault))
}
const slowest = { ms: 0 }
let measuredAgain = 0
for (let number = 0; number < Number(count); number++) {
  const text = mutated(number)
  const before = process.cpuUsage()
  for (const [name, read] of number % 100 === 0 ? readers : most) {
    try {
      read(text)
    } catch (error) {
      tell({ number, name, what: String(error?.stack ?? error).slice(0, 300) })
    }
  }
  const { user, system } = process.cpuUsage(before)
  if ((user + system) / 1000 > mostMs) {
    measuredAgain++
    for (const [name, read] of readers) {
      const ms = Math.min(...[1, 2, 3, 4].map(() => costMs(read, text)))
      if (ms > slowest.ms) Object.assign(slowest, { ms, number, name, characters: text.length })
      if (ms > mostMs) tell({ number, name, what: `${ms.toFixed(1)} ms for ${text.length} characters` })
    }
  }
  if (number % 10_000 === 9999) console.error(`${number + 1} replies, ${faults} faults`)
}
console.log(
  `${count} replies of seed ${firstSeed} through ${readers.length} readers: ${faults} faults. ${measuredAgain} replies took all ` +
    `readers together more than ${mostMs} ms; the slowest single reader of these: ${JSON.stringify(slowest)}.`,
)
process.exitCode = faults === 0 ? 0 : 1
