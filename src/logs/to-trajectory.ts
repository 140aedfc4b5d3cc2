/** A sample of another program's log as a search. What has no place in a search is kept as text. */
import { boxSize, pixelBox } from '../protocol/box.ts'
import type { Size } from '../protocol/box.ts'
import { pictured } from '../protocol/originals.ts'
import { sourceAt } from '../protocol/source.ts'
import type { End, Observation, Trajectory, Turn } from '../protocol/trajectory.ts'
import { sha256 } from '../shared/canonical.ts'
import { storedPicture } from '../vision/picture.ts'
import type { Picture } from '../vision/picture.ts'
import { boxIn, sourceIn } from './called-box.ts'
import { draftsOf } from './drafts.ts'
import type { TurnDraft } from './drafts.ts'
import { mostSources, wholePicture } from './fit-box.ts'
import type { BoxFitter, FittedBox, Source } from './fit-box.ts'
import type { ForeignLog, ForeignSample, LoggedMessage } from './foreign.ts'
import type { TakenPictures } from './taken-pictures.ts'

export interface ImportContext {
  readonly log: Pick<ForeignLog, 'kind' | 'task' | 'model'>
  readonly pictures: TakenPictures
  readonly fitter: BoxFitter
}

/** A picture that the model saw; `from`: the region that it shows, if it is a crop. */
interface Seen extends Source {
  readonly from?: FittedBox<Seen>
}

interface Shown {
  readonly originals: Seen[]
  readonly crops: Seen[]
  readonly notes: string[]
}

/** The note of a search whose picture is not in its log. */
export const blankNote = 'The log has no picture of the question: an empty one is shown instead.'

/** Pictures taken from one message at most. */
const mostPictures = 32

export async function toTrajectory(sample: ForeignSample, context: ImportContext): Promise<Trajectory> {
  const shown: Shown = { originals: [], crops: [], notes: [] }
  for (const message of sample.prompt) {
    for (const picture of await pictureOf(message, shown, context)) original(shown, picture)
  }
  const drafts = draftsOf(sample)
  if (shown.originals.length === 0) {
    original(shown, await context.pictures.blank(extentOf(drafts)))
    shown.notes.push(blankNote)
  }
  const looks: (Seen | undefined)[] = []
  for (const draft of drafts) looks.push(await lookOf(draft, shown, context))
  const all = [...shown.originals, ...shown.crops]
  const turns = drafts.map((draft, index) => {
    const turn = turnOf(draft, looks[index], all, shown.originals.length)
    // An answer ends a search, whatever its reply calls.
    return index === drafts.length - 1 && draft.answer ? { ...turn, action: draft.answer } : turn
  })
  return { ...factsOf(sample, context.log, turns), ...seenBy(sample, context.log.kind, shown, all), turns }
}

async function pictureOf(message: LoggedMessage, { notes }: Shown, { pictures }: ImportContext): Promise<Picture[]> {
  const taken: Picture[] = []
  for (const reference of message.pictures.slice(0, mostPictures)) {
    const picture = await pictures.take(reference)
    if ('why' in picture) notes.push(`A picture cannot be shown: ${picture.why}.`)
    else taken.push(picture)
  }
  const left = message.pictures.length - mostPictures
  if (left > 0) notes.push(`${left} further pictures of a message are left out.`)
  return taken
}

function original({ originals }: Shown, picture: Picture): Seen {
  const before = originals.find((one) => one.picture.sha256 === picture.sha256)
  if (before !== undefined) return before
  const seen: Seen = { picture, boxPx: wholePicture(picture), size: picture }
  originals.push(seen)
  return seen
}

/** The region or picture that came back. A picture that is no region of an earlier one counts as an original. */
async function lookOf(draft: TurnDraft, shown: Shown, context: ImportContext): Promise<Seen | undefined> {
  const pictures: Picture[] = []
  for (const message of draft.back) pictures.push(...(await pictureOf(message, shown, context)))
  const [first, ...others] = pictures
  for (const picture of others) original(shown, picture)
  if (others.length > 0)
    shown.notes.push('Some calls returned several pictures: all but the first are among the originals.')
  const called = draft.call && boxIn(draft.call.values)
  if (called !== undefined && draft.call !== undefined && (first !== undefined || !failed(draft))) {
    const from = await context.fitter.fit(called, sourcesFor(shown, sourceIn(draft.call.values)), first)
    if (from !== undefined) {
      const { source, boxInOriginalPx } = from
      const seen: Seen = {
        picture: source.picture,
        boxPx: boxInOriginalPx,
        size: first ?? boxSize(boxInOriginalPx),
        from,
      }
      shown.crops.push(seen)
      return seen
    }
  }
  return first && original(shown, first)
}

/** Whether all that came back is an error. */
function failed({ back }: TurnDraft): boolean {
  return back.length > 0 && back.every(({ text, pictures }) => pictures.length === 0 && /^\s*error\b/i.test(text))
}

/** What the call names, then the originals, then the newest crops. */
function sourcesFor({ originals, crops }: Shown, named: string | undefined): Seen[] {
  const number = Number(/(?<!\d)\d+$/.exec(named ?? '')?.[0] ?? Number.NaN)
  const all = [...originals, ...crops]
  const isCrop = /observation|crop/i.test(named ?? '')
  const meant = isCrop ? [crops[number - 1], crops[number]] : [all[number], all[number - 1]]
  const newest = crops.slice(-mostSources).toReversed()
  return [...new Set([...meant.flatMap((one) => one ?? []), ...originals.slice(0, mostSources), ...newest])]
}

function turnOf(
  { turn, answer, back }: TurnDraft,
  seen: Seen | undefined,
  all: readonly Seen[],
  originals: number,
): Turn {
  const from = seen?.from
  const zoom =
    from && ({ kind: 'grounding', boxRel: from.boxRel, source: sourceAt(all.indexOf(from.source), originals) } as const)
  const action = zoom ?? answer
  const returned = back
    .map(({ text }) => text)
    .filter(Boolean)
    .join('\n')
  return {
    ...turn,
    ...(action && { action }),
    ...(seen && { observation: all.indexOf(seen) }),
    ...(returned !== '' && { returned }),
  }
}

function observationOf({ boxPx, size, from }: Seen, index: number, all: readonly Seen[]): Observation {
  const view = { width: size.width, height: size.height }
  if (from === undefined) return { index, parent: null, boxPx, boxInOriginalPx: boxPx, view }
  const [left, top] = from.source.boxPx
  const [x0, y0, x1, y1] = boxPx
  const within = pixelBox(x0 - left, y0 - top, x1 - left, y1 - top)
  return { index, parent: all.indexOf(from.source), boxPx: within, boxInOriginalPx: boxPx, view }
}

function seenBy(sample: ForeignSample, from: string, { originals, notes }: Shown, all: readonly Seen[]) {
  const { prompt, question, limit, facts } = sample
  const before = prompt.filter(({ text }) => text !== '' && text !== (question ?? prompt.at(-1)?.text))
  const told = factsText({ ...facts, ...(limit !== undefined && { limit }) })
  return {
    ...pictured(originals.map(({ picture }) => storedPicture(picture))),
    observations: all.map((seen, index) => observationOf(seen, index, all)),
    imported: {
      from,
      ...(before.length > 0 && { before: before.map(({ role, text }) => `${role}: ${text}`).join('\n\n') }),
      ...(told !== undefined && { facts: told }),
      ...(notes.length > 0 && { notes: [...new Set(notes)].slice(0, mostNotes) }),
    },
  }
}

function factsOf(sample: ForeignSample, { task, model, kind }: ImportContext['log'], turns: readonly Turn[]) {
  const { id, attempt, prompt, truth, choices, verdict, reward, seconds, error, limit } = sample
  const last = turns.at(-1)?.action
  const end = endOf(sample, turns)
  return {
    version: 1 as const,
    problem: {
      docId: id,
      dataSource: task,
      question: sample.question ?? prompt.at(-1)?.text ?? '',
      ...(truth !== undefined && { answer: truth }),
      ...(choices !== undefined && { choices }),
    },
    policy: model,
    profile: { name: kind, sha256: sha256(kind) },
    maxTurns: Math.max(1, turns.length),
    seed: 0,
    sampleIndex: attempt,
    end,
    answer: last?.kind === 'answer' ? last.text : null,
    ...(end === 'failed' && {
      failure: {
        code: error === undefined ? 'stopped' : 'error',
        message: error ?? (limit === undefined ? 'The log has no reply.' : `Stopped at a limit: ${limit}.`),
      },
    }),
    usage: {
      promptTokens: turns.reduce((sum, { usage }) => sum + usage.promptTokens, 0),
      imageTokens: 0,
      replyTokens: turns.reduce((sum, { usage }) => sum + usage.replyTokens, 0),
    },
    ms: seconds === undefined ? turns.reduce((sum, { ms }) => sum + ms, 0) : Math.max(0, seconds * 1000),
    ...(verdict && { verdict }),
    ...(reward && { reward }),
  }
}

function endOf({ error, limit }: ForeignSample, turns: readonly Turn[]): End {
  if (turns.at(-1)?.action?.kind === 'answer') return 'answered'
  if (error !== undefined) return 'failed'
  if (limit === undefined) return turns.length === 0 ? 'failed' : 'over-turn'
  if (/token|context|prompt_too_long|length/i.test(limit)) return 'over-context'
  return /turn|message|step/i.test(limit) ? 'over-turn' : 'failed'
}

const mostNotes = 50
const mostFacts = 20_000

function factsText(facts: object): string | undefined {
  const text = JSON.stringify(facts, null, 2)
  if (text === '{}') return undefined
  return text.length <= mostFacts
    ? text
    : `${text.slice(0, mostFacts)}\n… and ${text.length - mostFacts} more characters`
}

const usualExtent: Size = { width: 640, height: 480 }
const mostExtent = 8192

/** Large enough for every box of the sample in pixels. */
function extentOf(drafts: readonly TurnDraft[]): Size {
  const boxes = drafts.flatMap(({ call }) => (call && boxIn(call.values)?.corners) ?? [])
  const along = (axis: 0 | 1): number =>
    boxes.reduce((most, value, at) => (at % 2 === axis ? Math.max(most, value) : most), 0)
  const side = (most: number, usual: number): number => Math.min(mostExtent, Math.max(usual, Math.ceil(most)))
  return { width: side(along(0), usualExtent.width), height: side(along(1), usualExtent.height) }
}
