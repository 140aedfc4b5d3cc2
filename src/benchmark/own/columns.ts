/** Which column of the user's own table means what, by the names that people use; letters, case and separators aside. Pure. */
import { UserError } from '../../shared/errors.ts'
import { partialRecordOf } from '../../shared/fields.ts'
import { isPictureName } from '../files/picture-files.ts'

const imageNames =
  'image images picture pictures img imgs photo photos decodedimage bytes filename filenames file files path paths imagepath imagepaths ' +
  'imgpath imagefile picturefile imagename picturename imageurl url imageid pictureid'
const answerNames =
  'answer answers groundtruth gt gtanswer gold goldanswer correctanswer correct label labels target solution reference expected ' +
  'expectedanswer output response a'

/** The accepted names of each role, preferred ones first, in lower case without separators. */
const names = {
  image: imageNames.split(' '),
  question: 'question questions prompt query problem instruction questiontext text input q'.split(' '),
  answer: answerNames.split(' '),
  choices: 'choices options answerchoices multichoiceoptions answeroptions candidates'.split(' '),
  id: 'id questionid qid docid problemid uid uuid index'.split(' '),
  category: 'category categories type questiontype task topic subject subset'.split(' '),
  level: 'level difficulty'.split(' '),
} as const

type Role = keyof typeof names

/** The columns of a table by what they mean. */
export interface OwnColumns extends Readonly<Partial<Record<Exclude<Role, 'image' | 'choices'>, string>>> {
  /** One column, or one for each picture of a question. */
  readonly image: readonly string[]
  /** One column with all choices, or one for each. */
  readonly choices: readonly string[]
  /** Columns without a meaning here. */
  readonly unused: readonly string[]
}

/** `sample`: the first row, in which a picture is recognised by its file ending if no column is named after pictures. */
export function columnsOf(all: readonly string[], sample: Readonly<Record<string, unknown>> = {}): OwnColumns {
  const plain = new Map<string, string>()
  for (const name of all) if (name.trim() !== '' && !plain.has(bare(name))) plain.set(bare(name), name)
  const letters = optionColumns(plain)
  const named = (role: Role): string | undefined =>
    names[role].map((name) => plain.get(name)).find((name) => name !== undefined && !letters.includes(name))
  const numbered = seriesOf(plain, /^(?:image|img|picture|photo|file|imagepath)(\d{1,2})$/)
  const byEnding = all.find((name) => isPictureName(sample[name]))
  const single = named('image') ?? (numbered.length === 0 ? byEnding : undefined)
  const image = single === undefined ? numbered : [single, ...numbered]
  const choices = named('choices')
  const found = partialRecordOf(['question', 'answer', 'id', 'category', 'level'], named)
  const options = choices === undefined ? letters : [choices]
  const used = new Set([...Object.values(found), ...image, ...options])
  return { ...found, image, choices: options, unused: all.filter((name) => name.trim() !== '' && !used.has(name)) }
}

/** Roles that have no column. */
export function lackingRoles({ image, question, answer }: OwnColumns): string[] {
  return [
    ...(image.length === 0 ? ['image'] : []),
    ...(question === undefined ? ['question'] : []),
    ...(answer === undefined ? ['answer'] : []),
  ]
}

/** Throws UserError `data-columns` if pictures, questions or answers have no column. */
export function checkColumns(file: string, all: readonly string[], columns: OwnColumns): void {
  const lacking = lackingRoles(columns)
  if (lacking.length === 0) return
  const given = all.join(', ').slice(0, 200)
  const names = 'image, question, answer'
  const fix = /\.(?:jsonl?|parquet)(?:\.gz)?$/i.test(file)
    ? `Rename those that you have, such as to ${names}.`
    : `The first line has to contain the column names, such as ${names}.`
  throw new UserError('data-columns', `${file} has no column ${lacking.join(', ')} but ${given}. ${fix}`)
}

/** For example `image from "Foto", question from "prompt", answer from "gt"; not used: notes`. */
export function columnsText({ image, choices, unused, ...others }: OwnColumns): string {
  const { question, answer, id, category, level } = others
  const roles = [
    ['image', image],
    ['question', [question]],
    ['answer', [answer]],
    ['choices', choices],
    ['id', [id]],
    ['category', [category]],
    ['level', [level]],
  ] as const
  const told = roles.flatMap(([role, own]) => {
    const from = own.filter((name) => name !== undefined)
    return from.length === 0 ? [] : [`${role} from ${from.map((name) => JSON.stringify(name)).join(', ')}`]
  })
  const rest = unused.slice(0, 8).map((name) => JSON.stringify(name))
  const more = unused.length > rest.length ? ` and ${unused.length - rest.length} more` : ''
  return `${told.join(', ')}${rest.length === 0 ? '' : `; not used: ${rest.join(', ')}${more}`}`
}

/** `Image_Path` and `image path` are `imagepath`. */
function bare(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}

/** Columns `A, B, ...`, or `option_a, ...`, `choice1, ...`: at least two. */
function optionColumns(plain: ReadonlyMap<string, string>): readonly string[] {
  const forms = [/^([a-z])$/, /^(?:option|choice|opt|answer)([a-z])$/, /^(?:option|choice|opt)(\d{1,2})$/]
  return forms.map((form) => seriesOf(plain, form)).find(({ length }) => length >= 2) ?? []
}

/** The columns of this form that follow each other from the first letter or number on, in order. */
function seriesOf(plain: ReadonlyMap<string, string>, form: RegExp): readonly string[] {
  const byKey = new Map(
    [...plain].flatMap(([name, own]) => {
      const key = form.exec(name)?.[1]
      return key === undefined ? [] : [[/\d/.test(key) ? String(Number(key)) : key, own] as const]
    }),
  )
  const firsts = ['a', '0', '1']
  const from = firsts.find((first) => byKey.has(first))
  if (from === undefined) return []
  const series: string[] = []
  for (let at = 0; ; at++) {
    const own = byKey.get(from === 'a' ? String.fromCharCode(97 + at) : String(Number(from) + at))
    if (own === undefined) return series
    series.push(own)
  }
}
