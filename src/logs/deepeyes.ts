/**
 * The results of DeepEyes' evaluation (`result_<type>_<model>.jsonl`, and `_acc.jsonl` with the judge's scores). Their messages have no
 * pictures, only places for them; boxes are in pixels of the file.
 */
import { basename } from 'node:path'
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'
import { linesOf } from './jsonl-log.ts'
import type { ForeignLog, ForeignSample, LoggedMessage } from './foreign.ts'
import { readMessages } from './message.ts'
import { numberIn, textIn, textsIn } from './values.ts'

export async function openDeepEyesLog(file: string): Promise<ForeignLog> {
  const [, task = basename(file, '.jsonl'), model = 'DeepEyes'] =
    /^result_(direct_attributes|relative_position|[a-z0-9]+)_(.+?)(?:_acc)?\.jsonl$/i.exec(basename(file)) ?? []
  return {
    kind: 'DeepEyes',
    task,
    model,
    settings: {},
    unit: 'pixel',
    samples: () => {
      const named = namer()
      return linesOf(file, (line, number) => [named(sampleOf(line, number))])
    },
  }
}

/** Samples are named by their picture: a further question about it gets a number, and the same question again is another attempt. */
function namer(): (sample: ForeignSample) => ForeignSample {
  const attempts = new Map<string, Map<string | undefined, number>>()
  return (sample) => {
    const { id, question } = sample
    const asked = attempts.get(id) ?? new Map<string | undefined, number>()
    const attempt = asked.get(question) ?? 0
    attempts.set(id, asked.set(question, attempt + 1))
    const place = [...asked.keys()].indexOf(question)
    return { ...sample, attempt, id: place === 0 ? id : `${id}, question ${place + 1}` }
  }
}

function sampleOf(line: Fields, number: number): ForeignSample {
  const { image, question, answer, pred_ans: predicted, pred_output: output, status, acc, options, ...others } = line
  const messages = readMessages(output)
  const start = messages.findIndex(({ role }) => role === 'assistant')
  const split = start < 0 ? messages.length : start
  const file = textIn(image)
  const points = numberIn(acc)
  return {
    id: file ?? `line ${number + 1}`,
    attempt: 0,
    prompt: withPicture(messages.slice(0, split), file),
    // The messages of tools only stand for the crops.
    rest: messages.slice(split).map((message) => ({ ...message, pictures: [] })),
    question: textIn(question),
    truth: textIn(answer),
    choices: textsIn(options).length > 0 ? textsIn(options) : undefined,
    answer: textIn(predicted),
    verdict:
      points === undefined
        ? undefined
        : {
            kind: points > 0 ? 'correct' : 'wrong',
            reason: `acc: ${points}`,
            ...(points > 0 && points < 1 && { score: points }),
          },
    error: status === 'error' ? 'The evaluation failed on this search.' : undefined,
    facts: fieldsOf(others) ?? {},
  }
}

/** The picture is only named, outside of the messages. */
function withPicture(prompt: readonly LoggedMessage[], file: string | undefined): LoggedMessage[] {
  const asked = prompt.findLastIndex(({ role }) => role === 'user')
  return prompt.map((message, index) => ({
    ...message,
    pictures: index === asked && file !== undefined ? [file] : message.pictures.filter((url) => url.length > 100),
  }))
}
