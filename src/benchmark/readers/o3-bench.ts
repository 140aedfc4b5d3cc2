/** O3-Bench: charts and maps as files, with the regions ("layouts") of each picture and those that hold the evidence. */
import { dirname } from 'node:path'
import { fieldsOf } from '../../shared/fields.ts'
import { pictureSize } from '../../vision/open.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { checkedChoices, lettered, lettersOutOfOrder, splitChoices } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles } from '../files/find-file.ts'
import { jsonRows } from '../files/json-rows.ts'
import type { JsonRow } from '../files/json-rows.ts'
import { rowPictures } from '../files/row-pictures.ts'
import { itemAt } from '../../shared/known.ts'
import { edgesIn, targetsIn } from '../target-boxes.ts'
import type { Edges } from '../target-boxes.ts'

export const o3Bench: Benchmark = {
  name: 'o3-bench',
  title: 'O3-Bench',
  datasets: ['m-Just/O3-Bench'],
  download: 'test/metadata.jsonl and test/images/',
  pull: { dataset: 'm-Just/O3-Bench', files: ['test/'], folder: 'O3-Bench' },
  layout: 'O3-Bench/test/metadata.jsonl and O3-Bench/test/images/',
  licence: 'Not known: see its card before redistributing it.',
  samples: 3,
  judge: 'choice',
  answer: 'last',
  aggregate: micro,
  question: 'The question, and its options below it as in the file, one per line.',
  notes:
    'Its script accepts a right letter, also in \\boxed{}, and asks gpt-5-nano which letter any other answer means. Published, mean of 3 ' +
    'trials: OpenAI o3 40.8, GPT-5-mini 39.0, Gemini-2.5-Flash 60.4. The number of its problems is not known here: --check cannot tell ' +
    'whether some are missing.',
  read: readO3Bench,
}

async function readO3Bench(path: string, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const folders = ['test', 'O3-Bench', 'O3-Bench/test']
  const file = itemAt(await findFiles(path, folders, [/^metadata\.jsonl?$/], 'test/metadata.jsonl'), 0)
  options.onFile?.(file)
  const pictures = rowPictures(dirname(file))
  let number = 0
  return gatherEntries(jsonRows(file), (row) => entryOf(row, ++number, pictures), options)
}

async function entryOf(
  { place, fields }: JsonRow,
  number: number,
  pictures: ReturnType<typeof rowPictures>,
): Promise<BenchmarkEntry> {
  const text = (name: string): string => {
    const field = fields[name]
    if (typeof field !== 'string') throw rowError(place, `${name} is missing`)
    return field
  }
  const [question, options] = [text('question').trim(), text('options').trim()]
  const { outOfOrder, choices } = splitChoices(options, '')
  if (outOfOrder) throw rowError(place, lettersOutOfOrder)
  const item = checkedChoices(place, { question, choices, label: text('answer') })
  const picture = await pictures(place, text('image' in fields ? 'image' : 'file_name'))
  const boxes = evidenceOf(fields)
  const size = boxes.length === 0 ? undefined : await pictureSize(picture.file).catch(() => undefined)
  return {
    problem: {
      docId: String(number),
      dataSource: 'o3_bench',
      question: `${question}\n${options}`,
      answer: lettered(item),
      choices: item.choices,
      ...(size !== undefined && targetsIn(boxes, size)),
    },
    slices: { subset: text('category' in fields ? 'category' : 'subset') },
    label: item.label,
    place,
    ...picture.methods,
  }
}

/** The boxes, in pixels, of the layouts that `target_layouts` names; none if any of them has no box. */
function evidenceOf({ target_layouts: wanted, layout_infos: infos }: JsonRow['fields']): readonly Edges[] {
  const layouts = fieldsOf(infos) ?? {}
  const named: readonly unknown[] = Array.isArray(wanted) ? wanted : []
  const boxes = named.map((id) => edgesIn(fieldsOf(layouts[`${Number(id)}`])?.['bbox']))
  return boxes.every((box) => box !== undefined) ? boxes : []
}
