/**
 * MME-RealWorld with its Lite and Chinese parts: from JSON or JSON Lines with image folders, TSV or parquet with base64 pictures, a folder
 * of JSON files with base64 pictures, or the parquet repositories of lmms-eval.
 */
import { dirname } from 'node:path'
import { errorCodeOf } from '../../shared/errors.ts'
import { avgAtK, grouped, named } from '../aggregate.ts'
import type { Aggregate, NamedScore, ScoredItem } from '../aggregate.ts'
import type { Benchmark } from '../benchmark.ts'
import { mean } from '../../shared/numbers.ts'
import { checkedChoices, letterInFront, lettered, listIn, parenthesisedLines, withoutLetter } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders, shardNames } from '../files/find-file.ts'
import { pictureFinder } from '../files/picture-files.ts'
import type { FoundPicture } from '../files/picture-files.ts'
import { pictureFile, embeddedPicture } from '../files/stored-picture.ts'
import { cellReader, tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'

type MmePart = 'full' | 'lite' | 'cn'

const partNames: Readonly<Record<MmePart, string>> = {
  full: 'mme[_-]?realworld',
  lite: 'mme[_-]?realworld[_-]?lite',
  cn: 'mme[_-]?realworld[_-]?cn',
}
const said: Readonly<Record<MmePart, string>> = {
  full: 'MME_RealWorld.json or MME-RealWorld.tsv',
  lite: 'MME-RealWorld-Lite.json or mme_realworld_lite.tsv',
  cn: 'MME_RealWorld_CN.json or MME-RealWorld-CN.tsv',
}
const dataSources: Readonly<Record<MmePart, string>> = {
  full: 'mme_realworld',
  lite: 'mme_realworld_lite',
  cn: 'mme_realworld_cn',
}
/** Folder names as published, and as downloaded by lmms-eval. */
const folders: Readonly<Record<MmePart, readonly string[]>> = {
  full: ['MME-RealWorld', 'MME-RealWorld-Base64', 'MME-RealWorld-Base64/MME-RealWorld', 'MME-RealWorld-Lmms-eval'],
  lite: ['MME-RealWorld-Lite', 'MME-RealWorld-Base64', 'MME-RealWorld-lite-lmms-eval'],
  cn: [
    'MME-RealWorld',
    'MME-RealWorld-CN',
    'MME-RealWorld-Base64',
    'MME-RealWorld-Base64/MME-RealWorld-CN',
    'MME-RealWorld-CN-Lmms-eval',
  ],
}

/**
 * MME-RealWorld: `avg` is the mean over problems, `avg-c` the mean over subtasks; both in total and per task, followed by each subtask of a
 * task and each category of a subtask.
 */
export function mmeScores(items: readonly ScoredItem[]): NamedScore[] {
  const subtasks = (own: readonly ScoredItem[]): (readonly ScoredItem[])[] =>
    [...grouped(own, 'task').values()].flatMap((inTask) => [...grouped(inTask, 'subtask').values()])
  const averages = (name: string, own: readonly ScoredItem[]): NamedScore[] => [
    named(`${name}avg`, own),
    { name: `${name}avg-c`, score: mean(subtasks(own).map(avgAtK)), items: own.length },
  ]
  const inTasks = [...grouped(items, 'task')].flatMap(([task, inTask]) => [
    ...averages(`${task}: `, inTask),
    ...[...grouped(inTask, 'subtask')].flatMap(([subtask, own]) => [
      named(`${task} / ${subtask}`, own),
      ...[...grouped(own, 'category')].map(([category, rows]) => named(`${task} / ${subtask} / ${category}`, rows)),
    ]),
  ])
  return [...averages('', items), ...inTasks]
}

const mme: Aggregate = { name: 'mme', text: 'avg over problems, avg-c over subtasks', scores: mmeScores }

/** Its tables contain the pictures, so no archives have to be joined and unpacked. */
const base64 = 'yifanzhang114/MME-RealWorld-Base64'

function ofPart(
  part: MmePart,
  pulled: string,
  facts: Pick<Benchmark, 'name' | 'title' | 'datasets' | 'download' | 'layout' | 'expected' | 'tsvMd5' | 'notes'>,
): Benchmark {
  return {
    ...facts,
    pull: { dataset: base64, files: [pulled], folder: 'MME-RealWorld-Base64' },
    licence: 'Tagged Apache-2.0, but its page only allows academic research and forbids redistribution.',
    samples: 1,
    judge: 'mme-letter',
    answer: 'first',
    aggregate: mme,
    question:
      'Choices announced, one per line as (A) ..., then a request for the letter: the format of the benchmark, our wording.',
    read: (path, options) => readMmeRealWorld(path, part, options),
  }
}

export const mmeRealWorld: readonly Benchmark[] = [
  ofPart('full', 'MME-RealWorld/', {
    name: 'mme-realworld',
    title: 'MME-RealWorld',
    datasets: ['yifanzhang114/MME-RealWorld', base64],
    download:
      'MME_RealWorld.json and the archives, with parts joined and unpacked; or the JSON files with base64 pictures',
    layout: 'MME-RealWorld/MME_RealWorld.json next to the unpacked folders; or MME-RealWorld/*.json, MME-RealWorld.tsv',
    expected: { problems: [23512, 23609] },
    tsvMd5: 'fd341132362fc41e707cb37ee6e4dcda',
    notes: 'Published counts differ. Its scores depend more on the pixel limit than on anything else.',
  }),
  ofPart('lite', 'mme_realworld_lite.tsv', {
    name: 'mme-realworld-lite',
    title: 'MME-RealWorld Lite',
    datasets: ['yifanzhang114/MME-RealWorld-Lite', base64],
    download: 'MME-RealWorld-Lite.json with data/; or mme_realworld_lite.tsv (1.99 GB)',
    layout: 'MME-RealWorld-Lite/MME-RealWorld-Lite.json next to data/; or mme_realworld_lite.tsv',
    expected: {
      problems: 1919,
      labels: { A: 518, B: 493, C: 460, D: 397, E: 51 },
      slices: {
        task: { Perception: 1169, Reasoning: 750 },
        subtask: {
          Autonomous_Driving: 750,
          Monitoring: 469,
          'OCR with Complex Context': 350,
          'Diagram and Table': 200,
          'Remote Sensing': 150,
        },
      },
    },
    tsvMd5: '4c17057d7d3b6c4a0d4397c3dae0881c',
    notes: "Not part of the paper's table.",
  }),
  ofPart('cn', 'MME-RealWorld-CN/', {
    name: 'mme-realworld-cn',
    title: 'MME-RealWorld CN',
    datasets: ['yifanzhang114/MME-RealWorld', base64],
    download: 'MME_RealWorld_CN.json and MME-HD-CN.tar.gz, with parts joined and unpacked (3.3 GB)',
    layout: 'MME-RealWorld/MME_RealWorld_CN.json next to the unpacked folders; or MME-RealWorld-CN.tsv',
    expected: { problems: [5462, 5917] },
    tsvMd5: 'daaa763d52a760a38606d5dedb3fe444',
    notes: 'Published counts differ.',
  }),
]

async function readMmeRealWorld(path: string, part: MmePart, options: ReadOptions = {}): Promise<BenchmarkEntry[]> {
  const files = await partFiles(path, part)
  const pictures = pictureFinder()
  const findPicture = (file: string, image: string) => pictures.below(dirname(file), image)
  return gatherEntries(rowsOf(files, options), (row) => entryOf(row, part, findPicture), options)
}

async function partFiles(path: string, part: MmePart): Promise<string[]> {
  const whole = ['json', 'jsonl', 'tsv', 'parquet'].map((ending) => new RegExp(`^${partNames[part]}\\.${ending}$`, 'i'))
  try {
    return await findFiles(path, folders[part], whole, said[part])
  } catch (error) {
    if (errorCodeOf(error) !== 'data-not-found') throw error
    // The base64 JSON files are named after their subjects; each part has its own folder.
    const subjects = part === 'lite' ? [] : [/^(?!mme[_-]?realworld|dataset_info).*\.json$/i]
    const found = [() => findFiles(path, folders[part], subjects, said[part])]
    const shards = [...shardFolders(''), ...folders[part].flatMap(shardFolders)]
    found.push(() => findFiles(path, shards, shardNames('train', 'test'), said[part]))
    for (const find of found) {
      const files = await find().catch(() => undefined)
      if (files !== undefined) return files
    }
    throw error
  }
}

interface FileRow extends TableRow {
  readonly file: string
}

async function* rowsOf(files: readonly string[], { onFile }: ReadOptions): AsyncGenerator<FileRow, void> {
  for (const file of files) {
    onFile?.(file)
    for await (const row of tableRows(file)) yield { ...row, file }
  }
}

async function entryOf(
  { place, cells, readPicture, file }: FileRow,
  part: MmePart,
  findPicture: (file: string, image: string) => Promise<FoundPicture>,
): Promise<BenchmarkEntry> {
  const text = cellReader({ place, cells })
  const inFolder = 'Question_id' in cells
  const choices = choicesOf(place, cells)
  const item = checkedChoices(place, {
    question: text('Text', 'question'),
    choices,
    label: text('Ground truth', 'answer'),
  })
  const [task = '', subtask = ''] = inFolder ? [text('Task'), text('Subtask')] : text('category').split('/')
  const category = mergedCategory(text('Category', 'l2-category'))
  let picture = embeddedPicture(place, readPicture)
  if (inFolder) {
    const found = await findPicture(file, text('Image'))
    if ('missing' in found) throw rowError(place, found.missing)
    picture = pictureFile(found.file)
  }
  return {
    problem: {
      docId: text('Question_id', 'index'),
      dataSource: dataSources[part],
      question: mmeQuestion(item.question, item.choices, part === 'cn' ? 'zh' : 'en'),
      answer: lettered(item),
      choices: item.choices,
    },
    slices: { task, subtask, category },
    label: item.label,
    place,
    ...picture,
  }
}

/** Accepts a list, a Python list as text (Lite), or VLMEvalKit's joined lines below a heading. */
function choicesOf(place: string, cells: TableRow['cells']): string[] {
  const given = cells['Answer choices'] ?? cells['multi-choice options']
  if (given === undefined) throw rowError(place, 'Answer choices or multi-choice options is missing')
  const listed = typeof given === 'string' ? (listIn(place, given) ?? letteredLines(given)) : given
  return listed.map(withoutLetter)
}

function letteredLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => letterInFront(line) !== undefined)
}

/** The official evaluators merge all attributes of an object into one category. */
function mergedCategory(category: string): string {
  const lower = category.toLowerCase()
  return lower.includes('attribute') ? `${lower.split('/')[0]}/attribute` : lower
}

/** The benchmark's format (choices announced, one per line, beginning of the reply) in our wording. */
function mmeQuestion(question: string, choices: readonly string[], language: 'en' | 'zh'): string {
  const [announced, closing] =
    language === 'zh'
      ? ['选项：', '请根据图像选出最合适的选项，只回答它的字母。\n答案：']
      : ['Options:', 'Choose the best option by what the picture shows, and reply with its letter alone.\nBest option:']
  return `${question}\n${announced}\n${parenthesisedLines(choices)}\n${closing}`
}
