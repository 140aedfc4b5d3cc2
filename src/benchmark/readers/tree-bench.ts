/** TreeBench, from its TSV: choices in columns of their own, and boxes of the evidence, which every report can compare with the crops. */
import { UserError } from '../../shared/errors.ts'
import { readPythonLiteral } from '../../shared/python-literal.ts'
import { pictureSize } from '../../vision/open.ts'
import { micro } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { checkedChoices, choiceColumns, dottedQuestion, inlineChoices, lettered } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles } from '../files/find-file.ts'
import { embeddedPicture } from '../files/stored-picture.ts'
import { cellReader, rowsOfFiles } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'
import { boxesIn, targetsIn } from '../target-boxes.ts'
import type { Edges } from '../target-boxes.ts'

const categories = {
  'Perception/Attributes': 29,
  'Perception/Material': 13,
  'Perception/Physical State': 23,
  'Perception/Object Retrieval': 16,
  'Perception/OCR': 68,
  'Reasoning/Perspective Transform': 85,
  'Reasoning/Ordering': 57,
  'Reasoning/Contact and Occlusion': 41,
  'Reasoning/Spatial Containment': 29,
  'Reasoning/Comparison': 44,
}

export const treeBench: Benchmark = {
  name: 'treebench',
  title: 'TreeBench',
  datasets: ['HaochenWang/TreeBench'],
  download: 'TreeBench.tsv',
  pull: { dataset: 'HaochenWang/TreeBench', files: ['TreeBench.tsv'], folder: 'TreeBench' },
  layout: 'TreeBench/TreeBench.tsv',
  licence: 'Apache-2.0, according to its card. The pictures come from SA-1B, whose terms allow research only.',
  expected: {
    problems: 405,
    labels: { A: 117, B: 113, C: 112, D: 56, E: 3, F: 4 },
    slices: { category: categories, task: { Perception: 149, Reasoning: 256 } },
  },
  samples: 1,
  judge: 'treebench-letter',
  answer: 'first',
  aggregate: micro,
  question:
    'Options below it as A. ..., one per line, then a request for the letter: the format of VLMEvalKit, our wording.',
  notes:
    'The rule is that of VLMEvalKit, which never recognises an F, the right answer of 4 problems. Its mean IoU is defined on boxes that a model writes ' +
    'into its thoughts; here reports compare the crops with the evidence. Published: TreeVGR-7B 49.4, OpenAI o3 54.9.',
  read: readTreeBench,
}

async function readTreeBench(path: string, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const files = await findFiles(path, ['TreeBench'], [/^TreeBench.*\.(?:tsv|parquet)$/i], 'TreeBench.tsv')
  return gatherEntries(rowsOfFiles(files, options.onFile), entryOf, options)
}

async function entryOf({ place, cells, readPicture }: TableRow): Promise<BenchmarkEntry> {
  const text = cellReader({ place, cells })
  const columns = choiceColumns(place, cells, 'ABCDEFGHIJK')
  const item = checkedChoices(place, {
    question: text('question'),
    // Some rows have several options in one line, and one has two that are lettered C.
    choices: columns.length > 0 ? columns : inlineChoices(text('multi-choice options')),
    label: text('answer'),
  })
  const category = text('category')
  const boxes = evidenceIn(place, text('target_instances'))
  // A picture that cannot be read is reported where pictures are checked or opened.
  const size = await readPicture()
    .then(pictureSize)
    .catch(() => undefined)
  return {
    problem: {
      docId: text('index'),
      dataSource: 'treebench',
      question: dottedQuestion(item),
      answer: lettered(item),
      choices: item.choices,
      ...(size !== undefined && targetsIn(boxes, size)),
    },
    slices: { category, task: category.split('/', 1)[0] ?? category },
    label: item.label,
    place,
    ...embeddedPicture(place, readPicture),
  }
}

/** A Python list of `[x1, y1, x2, y2]` in pixels. */
function evidenceIn(place: string, text: string): readonly Edges[] {
  const boxes = boxesIn(literalIn(text))
  if (boxes !== undefined) return boxes
  throw rowError(place, `target_instances is not a list of boxes [x1, y1, x2, y2] but ${text.slice(0, 60)}`)
}

function literalIn(text: string): unknown {
  try {
    const { value, end } = readPythonLiteral(text)
    return text.slice(end).trim() === '' ? value : undefined
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}
