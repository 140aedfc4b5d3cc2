/**
 * Every reader of text from models, servers and files that works on a whole text at once, as functions that take it: what
 * `fuzz-replies.mjs` and the scaling test run. Reads dist, so build first.
 */
import { patternsOf } from '../dist/coldstart/patterns.js'
import { plainJson, plainLine, plainText } from '../dist/cli/print/plain-text.js'
import { readReply } from '../dist/endpoint/exchange/read-reply.js'
import { meaningOf, readRefusal, refusedFields } from '../dist/endpoint/refusal/refusal.js'
import { csvText } from '../dist/evaluate/document/csv.js'
import { markdownCell } from '../dist/evaluate/document/table.js'
import { judgeCanInfer } from '../dist/judge/can-infer.js'
import { judgeChoice } from '../dist/judge/choice.js'
import { judgeExact } from '../dist/judge/exact.js'
import { judgeMmeLetter } from '../dist/judge/mme-letter.js'
import { scoreOf, scoreParser, scoreParsers } from '../dist/judge/parse-score.js'
import { html, markupOf } from '../dist/page/html.js'
import { filterText } from '../dist/protocol/filter/clauses.js'
import { completions } from '../dist/protocol/filter/complete.js'
import { readFilter } from '../dist/protocol/filter/filter.js'
import { matcher } from '../dist/protocol/filter/matcher.js'
import { finalAnswer, parseTurn } from '../dist/protocol/parse-turn.js'
import { profiles } from '../dist/protocol/profile.js'
import { resolveBox, resolveSource } from '../dist/protocol/resolve-box.js'
import { turnAsText } from '../dist/protocol/turn-text.js'
import { parseJson } from '../dist/shared/json.js'
import { pythonAssignments, readPythonLiteral } from '../dist/shared/python-literal.js'

const size = { width: 640, height: 480 }
const problem = {
  docId: 'x',
  dataSource: 'y',
  question: 'q',
  answer: '(B) red',
  choices: ['blue', 'red', '红色', '12'],
}
const usage = { promptTokens: 1, imageTokens: 0, replyTokens: 1 }
const taken = { finish: /** @type {const} */ ('stop'), usage, ms: 1 }
const rules = { stop: ['</grounding>', '</x>'], stripped: true, refused: [], messages: 1 }

function check(holds, what) {
  if (!holds) throw new Error(`broken promise: ${what}`)
}

/** Errors of this project are how a reader refuses a text; any other is a fault. */
function refusing(read) {
  return (text) => {
    try {
      read(text)
    } catch (error) {
      if (typeof error.exitCode !== 'number' && !(error instanceof SyntaxError)) throw error
    }
  }
}

function readTurn(profile) {
  return (text) => {
    const turn = parseTurn(text, profile, () => size)
    if ('error' in turn) check(turn.error.length < 400, 'an error is short')
    else if (turn.action.kind === 'grounding') {
      check(turn.action.boxRel.every(Number.isFinite), 'a box is finite')
      const box = resolveBox(
        /** @type {import('../dist/protocol/box.js').RelativeBox} */ (turn.action.boxRel),
        size,
        profile,
      )
      check('error' in box || box.boxPx.every(Number.isInteger), 'pixels are whole')
      const source = resolveSource(turn.action.source, { count: 3, originals: 1 }, profile)
      check('error' in source || [0, 1, 2].includes(source.index), 'a source is there')
    }
    const acted = 'error' in turn ? {} : { action: turn.action }
    const answer = finalAnswer(
      [
        { ...taken, text, ...acted },
        { ...taken, text },
      ],
      profile,
    )
    check(answer === null || typeof answer === 'string', 'an answer is a text')
  }
}

function readVerdict(judge) {
  return (text) => check(['correct', 'wrong'].includes(judge(problem, text).kind), 'an answer is right or wrong')
}

function readScore(name) {
  const parser = scoreParser(name)
  return (text) => {
    for (const finish of /** @type {const} */ (['stop', 'length'])) {
      check([undefined, 'correct', 'wrong'].includes(scoreOf({ text, finish }, parser)), 'a score is one of three')
    }
  }
}

function readRefused(text) {
  const refusal = readRefusal({ status: 400, text })
  meaningOf(refusal)
  refusedFields(refusal, ['stop', 'top_p'])
}

/** @type {any} */
const searchFacts = {
  index: 0,
  problem: 'y/x',
  question: 'q',
  answer: null,
  end: 'answered',
  verdict: 'wrong',
  patterns: [],
  ms: 1,
}
const filterContext = { run: 'eval', inThoughts: (_, words) => words === 'it' }

function readFilterText(text) {
  for (const { from } of completions(text, text.length, () => [text]))
    check(from <= text.length, 'a completion is in the text')
  const { node } = readFilter(text)
  const matches = matcher(node, filterContext)(searchFacts)
  check(
    matcher(readFilter(filterText(node)).node, filterContext)(searchFacts) === matches,
    'a filter written again is the same',
  )
}

const inReply = (text) =>
  JSON.stringify({ choices: [{ finish_reason: 'stop', message: { content: text, reasoning: text } }] })

export const textReaders = {
  ...Object.fromEntries(Object.values(profiles).map((profile) => [`turn ${profile.name}`, readTurn(profile)])),
  'turn in pixels': readTurn({ ...profiles.default, coordinates: 'pixel' }),
  'turn in thousandths': readTurn({ ...profiles.tools, coordinates: 'thousand' }),
  'judge exact': readVerdict(judgeExact),
  'judge choice': readVerdict(judgeChoice),
  'judge can-infer': readVerdict(judgeCanInfer),
  'judge mme-letter': readVerdict(judgeMmeLetter),
  'choices of a problem': (text) =>
    judgeChoice({ ...problem, choices: [text, `${text}x`], answer: 'A' }, 'A bird, red'),
  ...Object.fromEntries(scoreParsers.map((name) => [`score ${name}`, readScore(name)])),
  'score json': readScore('json:a.0.score'),
  // Refused where a busy machine gives it no second.
  'score pattern': refusing(readScore('/score\\W{0,9}(\\w+)/i')),
  reply: refusing((text) => readReply(inReply(text), rules)),
  'reply body': refusing((text) => readReply(text, rules)),
  'reply stream': refusing((text) => readReply(`data: ${text}\n\ndata: [DONE]`, rules)),
  refusal: readRefused,
  'refusal in JSON': (text) => readRefused(JSON.stringify({ error: { message: text, code: text, param: text } })),
  JSON: refusing(parseJson),
  'Python literal': refusing(readPythonLiteral),
  'Python file': pythonAssignments,
  patterns: (text) =>
    patternsOf(/** @type {any} */ ({ problem, turns: [{ ...taken, text, thought: text }], observations: [] })),
  filter: refusing(readFilterText),
  'filter with words': refusing((text) => readFilterText(`"${text}" and not question:${text}`)),
  'turn as text': (text) => turnAsText({ text, thinking: text }),
  'terminal text': plainText,
  'terminal line': plainLine,
  'terminal JSON': plainJson,
  html: (text) => markupOf(html`<p>${text}</p>`),
  'markdown cell': markdownCell,
  'CSV cell': (text) => csvText([[text]]),
}
