/**
 * Exemplars: hand-written searches used as few-shot examples for large models. A folder has one subfolder per exemplar with
 * `exemplar.json` and its picture. Reading an exemplar replays it through the search loop, so that its messages are exactly those of the
 * loop, and an exemplar with an invalid turn is refused.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { judgeExact } from '../judge/exact.ts'
import type { Shot } from '../policy/chat/chat-policy.ts'
import type { Message, Policy } from '../policy/policy.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import { searchToEnd } from '../search/search-many.ts'
import { canonicalJson, sha256 } from '../shared/canonical.ts'
import { messageOf, UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { itemAt } from '../shared/known.ts'
import { openPicture } from '../vision/open.ts'

export interface Exemplar {
  /** The search pattern that it demonstrates, such as `depth-first`. */
  readonly way: string
  readonly trajectory: Trajectory
  readonly shot: Shot
  /** Hex SHA-256 of its content, without the profile's messages. */
  readonly sha256: string
}

/** The shipped exemplars, one per search pattern. */
export const shippedExemplars = fileURLToPath(new URL('../../exemplars', import.meta.url))

const fileName = 'exemplar.json'

const exemplarSchema = z.object({
  way: z.string().trim().min(1, 'is empty'),
  question: z.string().trim().min(1, 'is empty'),
  answer: z.string().trim().min(1, 'is empty'),
  picture: z.string().regex(/^[^/\\]+$/, 'has to be the name of a file in the same folder'),
  turns: z.array(z.string()).min(1, 'has no turns'),
})
type ExemplarFile = z.infer<typeof exemplarSchema>

/**
 * Reads the exemplars of a folder, ordered by name, replayed under `profile`. Throws UserError `exemplars-not-found` or `exemplar-wrong`,
 * which names the file and the turn, and the errors of `openPicture`.
 */
export async function readExemplars(folder: string, profile: Profile): Promise<Exemplar[]> {
  const names = await namesIn(folder)
  const exemplars: Exemplar[] = []
  for (const name of names) exemplars.push(await readExemplar(folder, name, profile))
  return exemplars
}

/**
 * The exemplars for the search with a seed: `count` of them starting at index (seed modulo their number). So all occur equally often at each
 * position, and there are only as many prompt prefixes as exemplars for a server to cache.
 */
export function shotsFor(exemplars: readonly Exemplar[], count: number): (seed: number) => readonly Shot[] {
  if (count > exemplars.length) {
    throw new UserError('too-few-exemplars', `There are ${exemplars.length} exemplars, not ${count}. Lower --shots.`)
  }
  return (seed) => Array.from({ length: count }, (_, i) => itemAt(exemplars, (seed + i) % exemplars.length).shot)
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError('exemplars-not-found', `${folder} cannot be read: ${messageOf(cause)}. Check --exemplars.`, {
      cause,
    })
  })
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  if (names.length > 0) return names.toSorted()
  throw new UserError(
    'exemplars-not-found',
    `${folder} contains no exemplars: each is a folder with ${fileName} and its picture. Name another folder with --exemplars.`,
  )
}

async function readExemplar(folder: string, name: string, profile: Profile): Promise<Exemplar> {
  const path = join(folder, name, fileName)
  const wrong = (what: string, cause?: unknown): UserError =>
    new UserError('exemplar-wrong', `${path}: ${what}. Correct it, or remove the folder.`, { cause })
  const file = await readExemplarFile(path, wrong)
  const picture = await openPicture(join(folder, name, file.picture), { reading: profile.pictures.reading })
  const messages: Message[] = []
  const { way, question, answer, turns } = file
  const problem = { docId: name, dataSource: 'exemplars', question, answer }
  const options = { profile, maxTurns: turns.length + 1 }
  const { trajectory } = await searchToEnd({ picture, problem }, reader(turns, messages), options)
  const mistake = mistakeIn(trajectory, file, profile)
  if (mistake !== undefined) throw wrong(mistake)
  const shot = { exchanges: messages.map((message, i) => ({ message, reply: itemAt(turns, i) })) }
  return { way, trajectory, shot, sha256: sha256(canonicalJson({ question, turns, picture: picture.sha256 })) }
}

async function readExemplarFile(
  path: string,
  wrong: (what: string, cause?: unknown) => UserError,
): Promise<ExemplarFile> {
  let value: unknown
  try {
    value = parseJson(await readFile(path, 'utf8'))
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? `is not JSON (${error.message})` : `cannot be read`, error)
  }
  const { data, error } = exemplarSchema.safeParse(value)
  if (data !== undefined) return data
  const { path: at, message } = itemAt(error.issues, 0)
  throw wrong(`${at.join('.') || 'all'}: ${message}`, error)
}

const noUsage = { promptTokens: 0, imageTokens: 0, replyTokens: 0 }

/** A policy that replays the turns and records its messages. */
function reader(turns: readonly string[], messages: Message[]): Policy {
  return {
    name: 'exemplar',
    open: () => ({
      take: async (message) => {
        const text = turns[messages.length] ?? ''
        messages.push(message)
        return { text, finish: 'stop', usage: noUsage }
      },
      close: () => {},
    }),
  }
}

/** Why a search is not a valid example; undefined if it is. */
function mistakeIn(trajectory: Trajectory, { turns, answer }: ExemplarFile, profile: Profile): string | undefined {
  for (const [index, { action, error, thought }] of trajectory.turns.entries()) {
    const turn = `turn ${index + 1}`
    if (index === turns.length) return 'its turns end without an answer'
    if (error !== undefined) {
      return `${turn} is invalid under the profile ${profile.name} (${error.code}${error.error && `: ${error.error}`})`
    }
    if (thought === undefined) return `${turn} has no thought`
    if (action?.kind === 'grounding' && !action.boxRel.every((edge) => edge >= 0 && edge <= 1)) {
      return `${turn} has a box that exceeds its source: [${action.boxRel.join(', ')}]`
    }
  }
  if (trajectory.end !== 'answered') return `it ends ${trajectory.end} under the profile ${profile.name}`
  if (trajectory.turns.length < turns.length) return `turn ${trajectory.turns.length} answers, but more turns follow`
  if (judgeExact(trajectory.problem, trajectory.answer).kind === 'correct') return undefined
  return `its turns answer "${trajectory.answer}", but "answer" is "${answer}"`
}
