/** What is found out about servers of different habits, from real requests to them. */
import { afterEach, describe, expect, test } from 'vitest'
import { startScriptedEndpoint } from '../../../test/scripted-endpoint.ts'
import type { Asked, ScriptedEndpoint, ScriptedOptions, Step } from '../../../test/scripted-endpoint.ts'
import { profiles } from '../../protocol/profile.ts'
import { openEndpoint } from '../open-endpoint.ts'
import { unitOf } from './boxes.ts'
import { tryServer } from './try-server.ts'
import type { Tries } from './try-server.ts'

let server: ScriptedEndpoint
afterEach(() => server?.close())

const markPx = [806, 314, 941, 448]
const sidesPx = [1344, 896, 1344, 896]
const inUnit = (unit: (value: number, at: number) => number): string => JSON.stringify(markPx.map(unit))

/** Each answers without looking where it is shown another form than its own. */
const zoomForms = {
  default: (box: string, system: string) =>
    system.includes('<grounding>') &&
    `<think>[1, 2, 3, 4]</think><grounding>{"bbox_2d": ${box}, "source": "original_image"}`,
  'qwen3-vl': (box: string, system: string) =>
    system.includes('"arguments"') &&
    `<tool_call>\n{"name": "image_zoom_in_tool", "arguments": {"bbox_2d": ${box}, "label": "square", "img_idx": 0}}`,
  'qwen3.5': (box: string, system: string) =>
    system.includes('<function=') &&
    `Small.\n</think>\n\n<tool_call>\n<function=image_zoom_in_tool>\n<parameter=bbox_2d>\n${box}\n</parameter>`,
}

/** Sees colours, remembers the first, copies lines, counts, zooms, calls what is declared, and writes what its seed says. */
function model({
  box = inUnit((value, at) => value / sidesPx[at]!),
  form = 'default' as keyof typeof zoomForms,
} = {}): (asked: Asked) => Step {
  const seen = new Map<string, string>()
  return ({ messages, body }) => {
    const { text, images } = messages.at(-1)!
    if (text.startsWith('Which colour')) {
      const { sha256 } = images[0]!
      seen.set(sha256, seen.get(sha256) ?? ['Blue.', 'It is yellow'][seen.size]!)
      return seen.get(sha256)!
    }
    if (text.includes('the first picture')) return seen.get(messages.flatMap((one) => one.images)[0]!.sha256)!
    if (text.startsWith('Copy this line')) return text.slice(text.indexOf('<grounding>'))
    if (text.startsWith('Count from')) return `${Array.from({ length: 200 }, (_, n) => n + 1).join(' ')} </grounding>`
    if (text.startsWith('There is one')) return zoomForms[form](box, messages[0]!.text) || 'It is red.'
    if (text.startsWith('Where is')) return `<think>[1, 2, 3, 4]</think>${box}`
    if (text.startsWith('Call the function')) {
      return { text: '', finish: 'tool_calls', toolCalls: [{ id: 'call_1', name: 'zoom', arguments: '{}' }] }
    }
    return text.includes('random letters') ? `letters ${String(body.seed)}` : 'ok'
  }
}

async function tried(options: Partial<ScriptedOptions> = {}): Promise<Tries> {
  server = await startScriptedEndpoint({ script: model(), ...options })
  const endpoint = await openEndpoint({ baseUrl: server.baseUrl, maxTries: 2, backoffMs: 1 })
  try {
    return await tryServer({ endpoint, model: 'test-vlm', onRequest: () => {} })
  } finally {
    endpoint.close()
  }
}

const about = ({ findings }: Tries, check: string) => findings.find((one) => one.check === check)

test('a server that does everything', async () => {
  const tries = await tried()
  expect(tries.findings.map(({ check, level }) => `${check} ${level}`)).toEqual([
    'pictures ok',
    'several turns ok',
    'pictures per prompt ok',
    'thinking ok',
    'picture size ok',
    'profile ok',
    'boxes ok',
    'stop strings ok',
    'long replies ok',
    'seed ok',
    'function calls ok',
  ])
  expect(about(tries, 'stop strings')?.text).toBe('kept')
  expect(about(tries, 'pictures per prompt')?.text).toBe('64 or more')
  expect(tries.options).toEqual([])
  expect(server.violations).toEqual([])
})

test.each([2, 5, 12, 31])('a cap of %d pictures is found, and the flag named', async (maxImages) => {
  const tries = await tried({ maxImages })
  expect(tries.options).toEqual([`--max-images ${maxImages}`])
  expect(about(tries, 'pictures per prompt')).toMatchObject({ level: 'note', text: String(maxImages) })
  expect(about(tries, 'pictures per prompt')?.fix).toContain(`--limit-mm-per-prompt '{"image": 32}'`)
})

test('one picture a prompt is too few', async () => {
  expect(about(await tried({ maxImages: 1 }), 'pictures per prompt')?.level).toBe('problem')
})

test.each([
  [{ stop: 'strip', ownedBy: 'sglang' }, 'ok', 'stripped'],
  [{ stop: 'ignore', ownedBy: 'who' }, 'note', 'ignored'],
  [{ reject: ['stop'], ownedBy: 'who' }, 'note', 'refused'],
] as const)('stop strings with %j', async (quirks, level, text) => {
  expect(about(await tried(quirks), 'stop strings')).toMatchObject({ level, text: expect.stringContaining(text) })
})

test.each([
  ['refused', { reject: ['seed'] }],
  ['does not support seeds', { ownedBy: 'google' }],
] as const)('a seed: %s', async (text, quirks) => {
  expect(about(await tried(quirks), 'seed')).toMatchObject({ level: 'note', text: expect.stringContaining(text) })
})

test.each([
  ['sglang', '--enable-deterministic-inference'],
  ['who', 'repeated searches differ'],
])('sampling by %s that no seed decides', async (ownedBy, fix) => {
  const seeded = model()
  let calls = 0
  const script = (asked: Asked): Step =>
    asked.messages.at(-1)!.text.includes('random letters') ? `letters ${calls++}` : seeded(asked)
  const told = { level: 'note', text: expect.stringContaining('different'), fix: expect.stringContaining(fix) }
  expect(about(await tried({ script, ownedBy }), 'seed')).toMatchObject(told)
})

test('thinking in a field of its own', async () => {
  const plain = model()
  const script = (asked: Asked): Step => {
    const step = plain(asked)
    return typeof step === 'string' ? { text: step, reasoning: 'is it yellow or blue?' } : step
  }
  const tries = await tried({ script })
  expect(about(tries, 'thinking')).toMatchObject({ level: 'note', text: expect.stringContaining('separate field') })
  expect(about(tries, 'pictures')?.level).toBe('ok')
})

test('a model that sees nothing is not tried any further', async () => {
  const tries = await tried({ script: () => 'I cannot see a picture.' })
  expect(about(tries, 'pictures')).toMatchObject({ level: 'problem', text: expect.stringContaining('cannot see') })
  expect(server.requests.length).toBe(2)
})

test('a model that refuses pictures', async () => {
  const script = () => ({ status: 400, body: { error: { message: 'this is not a multimodal model' } } })
  expect(about(await tried({ script }), 'pictures')).toMatchObject({
    level: 'problem',
    text: expect.stringContaining('not a multimodal model'),
  })
})

test('a whole reply in the field for thinking', async () => {
  const plain = model()
  const script = (asked: Asked): Step => {
    const step = plain(asked)
    return typeof step === 'string' ? { text: '', reasoning: step } : step
  }
  const tries = await tried({ script })
  expect(about(tries, 'pictures')?.level).toBe('ok')
  expect(about(tries, 'thinking')).toMatchObject({ level: 'note', fix: expect.stringContaining('reasoning parser') })
})

describe('several turns', () => {
  const of = (wrong: (asked: Asked) => Step | undefined) => {
    const plain = model()
    return tried({ script: (asked) => wrong(asked) ?? plain(asked) })
  }
  const later = ({ messages }: Asked) => messages.some(({ role }) => role === 'assistant')

  test('that fail at the second picture', async () => {
    const body = { detail: 'Image features and image tokens do not match' }
    const tries = await of((asked) => (later(asked) ? { status: 500, body } : undefined))
    expect(about(tries, 'several turns')).toMatchObject({
      level: 'problem',
      text: expect.stringContaining('do not match'),
    })
    expect(about(tries, 'stop strings')).toBeUndefined()
  })

  test('that may not begin with a system message', async () => {
    const body = { error: { message: 'System role not supported' } }
    const tries = await of(({ messages }) => (messages[0]!.role === 'system' ? { status: 400, body } : undefined))
    const [text, fix] = [expect.stringContaining('System role not supported'), expect.stringContaining('chat template')]
    expect(about(tries, 'several turns')).toMatchObject({ level: 'problem', text, fix })
  })

  test('in which only the first picture is seen', async () => {
    const tries = await of((asked) => (later(asked) ? 'Blue.' : undefined))
    expect(about(tries, 'several turns')).toMatchObject({ level: 'problem', text: expect.stringContaining('second') })
  })

  test.each([
    ['problem', { prompt_tokens: 100, completion_tokens: 1 }],
    ['note', undefined],
  ] as const)('in which the first is forgotten: a %s with the usage %j', async (level, usage) => {
    const tries = await of(({ messages }) =>
      messages.at(-1)!.text.includes('the first picture') ? { text: 'Yellow.', ...(usage && { usage }) } : undefined,
    )
    expect(about(tries, 'several turns')).toMatchObject({ level, text: expect.stringContaining('asked for the first') })
  })
})

describe('boxes', () => {
  test.each([
    [inUnit((value, at) => Math.round((value / sidesPx[at]!) * 100)), 'percent', ['--coordinates percent']],
    ['["60%", "35%", "70%", "50%"]', 'percent', ['--coordinates percent']],
    [inUnit((value, at) => Math.round((value / sidesPx[at]!) * 1000)), 'thousandths', ['--coordinates thousand']],
    [inUnit((value) => value), 'pixels', ['--coordinates pixel']],
    [inUnit((value) => Math.round(value / 2)), '50 %', ['--coordinates pixel', '--max-pixels 300000']],
    [inUnit((value) => value / 4000), 'unknown', []],
    ['I see none.', 'unknown', []],
    [inUnit((_, at) => [350, 599, 500, 700][at]!), 'y before x', []],
  ])('%s', async (box, text, options) => {
    const tries = await tried({ script: model({ box }) })
    expect(about(tries, 'boxes')).toMatchObject({ level: 'note', text: expect.stringContaining(text) })
    expect(tries.options).toEqual(options)
  })

  const thousand = inUnit((value, at) => Math.round((value / sidesPx[at]!) * 1000))
  test.each([
    ['qwen3-vl', thousand, ['--profile qwen3-vl']],
    ['qwen3.5', thousand, ['--profile qwen3.5']],
    ['qwen3-vl', inUnit((value) => value), ['--profile qwen3-vl', '--coordinates pixel']],
    [
      'qwen3.5',
      inUnit((value) => Math.round(value / 2)),
      ['--profile qwen3.5', '--coordinates pixel', '--max-pixels 300000'],
    ],
  ] as const)('in the form of %s alone, as %s: that profile is taken', async (form, box, options) => {
    const tries = await tried({ script: model({ box, form }) })
    expect(about(tries, 'profile')).toEqual({ check: 'profile', level: 'ok', text: `zooms in the format of ${form}` })
    expect(tries.options).toEqual(options)
  })

  test('a model of a family with a form of its own is asked for that first', async () => {
    const asked: string[] = []
    const plain = model({ box: thousand, form: 'qwen3-vl' })
    const script = (one: Asked): Step => {
      if (one.messages.at(-1)!.text.startsWith('There is one')) asked.push(one.messages[0]!.text)
      return plain(one)
    }
    const name = 'Qwen/Qwen3-VL-8B-Instruct'
    server = await startScriptedEndpoint({ script, models: [{ id: name }] })
    const endpoint = await openEndpoint({ baseUrl: server.baseUrl })
    const tries = await tryServer({ endpoint, model: name, onRequest: () => {} })
    endpoint.close()
    expect(tries.options).toEqual(['--profile qwen3-vl'])
    expect(asked).toEqual([profiles['qwen3-vl'].prompts.system])
  })

  test('a box that is a little off is still of its unit', () => {
    expect(unitOf([0.58, 0.37, 0.72, 0.52])).toEqual({ coordinates: 'relative', scale: 1, order: 'xy' })
    expect(unitOf([580, 370, 720, 520])?.coordinates).toBe('thousand')
    expect(unitOf([0, 0, 1, 1])).toBeUndefined()
  })
})

describe('the size of pictures', () => {
  /** What a picture costs, by its pixels; a text costs 20. */
  const of = (cost: (pixels: number) => number) => {
    const plain = model()
    const script = (asked: Asked): Step => {
      const step = plain(asked)
      const tokens = asked.messages.flatMap(({ images }) => images).map(({ width, height }) => cost(width * height))
      const usage = { prompt_tokens: tokens.reduce((sum, one) => sum + one, 20), completion_tokens: 1 }
      return typeof step === 'string' ? { text: step, usage } : step
    }
    return tried({ script })
  }

  test('whole', async () => {
    expect(about(await of((pixels) => Math.round(pixels / 784)), 'picture size')?.level).toBe('ok')
  })

  test('shrunk beyond a bound, which is named', async () => {
    const tries = await of((pixels) => Math.round(Math.min(pixels, 1_003_520) / 784))
    expect(about(tries, 'picture size')).toMatchObject({ level: 'note', text: expect.stringContaining('1.00 million') })
    expect(tries.options).toEqual(['--max-pixels 1000000'])
  })

  test('the same for every picture', async () => {
    const tries = await of(() => 576)
    expect(about(tries, 'picture size')).toMatchObject({ level: 'note', text: expect.stringContaining('576 tokens') })
    expect(tries.options).toEqual([])
  })
})

test('replies that are cut long before they may be', async () => {
  const plain = model()
  const script = (asked: Asked): Step => {
    const usage = { prompt_tokens: 20, completion_tokens: 100 }
    const long = asked.messages.at(-1)!.text.startsWith('Count from')
    return long ? { text: '1 2 3 4', finish: 'length', usage } : plain(asked)
  }
  expect(about(await tried({ script }), 'long replies')).toMatchObject({
    level: 'note',
    text: 'cut off (100 tokens), although 2048 tokens were requested',
  })
})

test('sampling that is turned off names what turns it on', async () => {
  const plain = model()
  const script = (asked: Asked): Step =>
    asked.messages.at(-1)!.text.includes('random letters') ? 'abcdefgh' : plain(asked)
  expect(about(await tried({ script }), 'seed')).toMatchObject({
    level: 'note',
    fix: expect.stringContaining('--generation-config vllm'),
  })
})

describe('function calls', () => {
  const of = (step: Step) => {
    const plain = model()
    return tried({ script: (asked) => (asked.messages.at(-1)!.text.startsWith('Call the') ? step : plain(asked)) })
  }

  test('that the server does not take', async () => {
    const message = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
    const tries = await of({ status: 400, body: { error: { message } } })
    expect(about(tries, 'function calls')).toMatchObject({ level: 'note', text: expect.stringContaining('refused') })
  })

  test('that come as text', async () => {
    const tries = await of('I would call zoom.')
    expect(about(tries, 'function calls')).toMatchObject({ level: 'note', text: expect.stringContaining('would call') })
  })
})
