/**
 * MME-RealWorld, its Lite and its Chinese part (reference 4.4): the JSON file or lines with image folders, the TSV or parquet
 * with base64 pictures, the folder of JSON files with base64 pictures, and the parquet repositories of lmms-eval.
 */
import { dirname } from 'node:path'
import { errorCodeOf } from '../../shared/errors.ts'
import { checkedChoices, letterInFront, lettered, listIn, parenthesisedLines, withoutLetter } from '../choices.ts'
import { gatherEntries, rowError } from '../entry.ts'
import type { BenchmarkEntry, ReadOptions } from '../entry.ts'
import { findFiles, shardFolders, shardNames } from '../files/find-file.ts'
import { pictureFinder } from '../files/picture-files.ts'
import type { FoundPicture } from '../files/picture-files.ts'
import { pictureFile, storedPicture } from '../files/stored-picture.ts'
import { tableRows } from '../files/table.ts'
import type { TableRow } from '../files/table.ts'

export type MmePart = 'full' | 'lite' | 'cn'

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
/** As they are published, and as lmms-eval fetches them. */
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

export async function readMmeRealWorld(
  path: string,
  part: MmePart,
  options: ReadOptions = {},
): Promise<BenchmarkEntry[]> {
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
    // The base64 JSON files are named by their subjects, and those of each part lie in a folder of their own.
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
  const text = (...names: readonly string[]): string => {
    const cell = names.map((name) => cells[name]).find((own) => own !== undefined)
    if (typeof cell !== 'string') throw rowError(place, `${names.join(' or ')} is missing`)
    return cell
  }
  const inFolder = 'Question_id' in cells
  const choices = choicesOf(place, cells)
  const item = checkedChoices(place, {
    question: text('Text', 'question'),
    choices,
    label: text('Ground truth', 'answer'),
  })
  const [task = '', subtask = ''] = inFolder ? [text('Task'), text('Subtask')] : text('category').split('/')
  const category = mergedCategory(text('Category', 'l2-category'))
  let picture = storedPicture(place, readPicture)
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

/** A list, the text of a Python list (Lite), or the lines that VLMEvalKit joins, below a line that announces them. */
function choicesOf(place: string, cells: TableRow['cells']): string[] {
  const given = cells['Answer choices'] ?? cells['multi-choice options']
  if (given === undefined) throw rowError(place, 'Answer choices or multi-choice options is missing')
  const listed = typeof given === 'string' ? (listIn(place, given) ?? letteredLines(given)) : given
  return listed.map(withoutLetter)
}

function letteredLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => letterInFront(line) !== undefined)
}

/** The official evaluators count all attributes of a thing as one category. */
function mergedCategory(category: string): string {
  const lower = category.toLowerCase()
  return lower.includes('attribute') ? `${lower.split('/')[0]}/attribute` : lower
}

/** The form is the benchmark's own (choices announced, one a line, the reply begun), the words are ours. */
export function mmeQuestion(question: string, choices: readonly string[], language: 'en' | 'zh'): string {
  const [announced, closing] =
    language === 'zh'
      ? ['选项：', '请根据图像选出最合适的选项，只回答它的字母。\n答案：']
      : ['Options:', 'Choose the best option by what the picture shows, and reply with its letter alone.\nBest option:']
  return `${question}\n${announced}\n${parenthesisedLines(choices)}\n${closing}`
}
