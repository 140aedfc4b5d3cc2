/** Searches to learn from as LLaMA-Factory has them: a folder that `mini-o3 export --to sharegpt` wrote, of any searches. */
import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { z } from 'zod'
import type { Message, View } from '../../policy/policy.ts'
import { pixelBox } from '../../protocol/box.ts'
import { errorCodeOf, UserError } from '../../shared/errors.ts'
import { parseJson } from '../../shared/json.ts'
import { itemAt } from '../../shared/known.ts'
import { openPicture } from '../../vision/open.ts'
import type { Picture } from '../../vision/picture.ts'
import type { Example, Lesson } from './example.ts'

const rowSchema = z.object({
  conversations: z.array(z.object({ from: z.enum(['human', 'gpt']), value: z.string() })).min(2),
  system: z.string().default(''),
  images: z.array(z.string()),
})
type Row = z.infer<typeof rowSchema>

const mark = '<image>'

/** Undefined when `folder` holds no such set. Throws `UserError` for one that is broken, with the row's number. */
export async function readShareGptExamples(folder: string): Promise<Example[] | undefined> {
  const file = join(folder, 'train.json')
  let text: string
  try {
    await readFile(join(folder, 'dataset_info.json'))
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCodeOf(error))) return undefined
    throw error
  }
  const { data: rows, error } = z.array(rowSchema).safeParse(parsed(text, file))
  if (!rows) throw broken(file, Number(error.issues[0]?.path[0] ?? 0), 'has another shape', error)
  return rows.map((row, index) => {
    const wrong = wrongIn(row, folder)
    if (wrong !== undefined) throw broken(file, index, wrong)
    return { lessons: () => lessonsOf(row, folder) }
  })
}

function parsed(text: string, file: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw new UserError(
      'sharegpt-broken',
      `${file} is not valid JSON. Export it again: mini-o3 export --to sharegpt.`,
      {
        cause,
      },
    )
  }
}

function broken(file: string, index: number, what: string, cause?: unknown): UserError {
  return new UserError('sharegpt-broken', `Row ${index + 1} of ${file} ${what}. Export it again, or remove the row.`, {
    cause,
  })
}

function wrongIn({ conversations, images }: Row, folder: string): string | undefined {
  const inTurn = conversations.every(({ from }, i) => from === (i % 2 === 0 ? 'human' : 'gpt'))
  if (!inTurn || conversations.length % 2 !== 0) return 'is not a conversation in turns that ends with a reply'
  const marks = conversations.map(({ value }) => value.split(mark).length - 1)
  if (marks.some((count, i) => i > 0 && count > (i % 2 === 0 ? 1 : 0)))
    return `has more than one ${mark} in a message after the question, or one in a reply`
  if (marks[0] === 0) return `shows no picture with its question`
  if (marks.reduce((a, b) => a + b, 0) !== images.length) return `has other ${mark} marks than pictures`
  const outside = images.some((path) => !resolve(folder, path).startsWith(resolve(folder) + sep))
  return outside ? 'names a picture outside of its folder' : undefined
}

async function lessonsOf({ conversations, system, images }: Row, folder: string): Promise<Lesson[]> {
  const lessons: Lesson[] = []
  let shown = 0
  for (let i = 0; i < conversations.length; i += 2) {
    const text = itemAt(conversations, i).value
    const reply = itemAt(conversations, i + 1).value
    if (!text.includes(mark)) {
      lessons.push({ message: { kind: 'error', text }, viewSizes: [], reply })
      continue
    }
    const names = images.slice(shown, shown + text.split(mark).length - 1)
    const pictures = await Promise.all(names.map((name) => openPicture(join(folder, name))))
    const views = pictures.map(wholeView)
    const view = itemAt(views, 0)
    const message: Message =
      i === 0
        ? { kind: 'question', system, text, view, furtherViews: views.slice(1) }
        : { kind: 'observation', index: shown, text, view }
    lessons.push({ message, viewSizes: pictures.map(({ width, height }) => ({ width, height })), reply })
    shown += views.length
  }
  return lessons
}

function wholeView(picture: Picture): View {
  const { width, height, sha256 } = picture
  const boxPx = pixelBox(0, 0, width, height)
  return { pixels: () => picture.region(boxPx, { width, height }, 'area'), key: sha256, boxPx }
}
