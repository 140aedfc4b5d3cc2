/** `mini-o3 note`: takes and lists notes about the searches of a run, as its pages do. */
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { handVerdicts, noteLimits, tagOf, withNoted } from '../protocol/note.ts'
import type { NoteChange } from '../protocol/note.ts'
import { readSettings } from '../runs/configuration.ts'
import { machineUser } from '../runs/notes.ts'
import type { ItemRow } from '../server/api/types.ts'
import { chosenItem } from '../server/runs/export-figure.ts'
import { openRuns } from '../server/runs/runs.ts'
import { UserError } from '../shared/errors.ts'
import { counted } from '../shared/numbers.ts'
import { print, printJson, say } from './print/output.ts'
import { addCommand } from './options/command.ts'
import { flag, inGroup, oneOf, only, parsed, restrict, text, whole } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { authorOption, jsonOption } from './options/shared.ts'

const tags = (help: string) =>
  parsed<readonly string[], readonly string[]>('<tag>', help, readTag, { fallback: [], fallbackText: 'none' })

/** Without a change, the command lists. */
const isChange = only<Values<typeof changeOptions>>(
  (values) => Object.keys(changeOf(values)).length > 0,
  'for changing a note: add --star, --tag, --verdict or --comment',
)

const changeOptions = {
  star: flag('mark the search with a star'),
  unstar: flag('remove the star'),
  tag: tags('add a tag; repeat it for several'),
  untag: tags('remove a tag; repeat it for several'),
  verdict: oneOf('<verdict>', 'correct the verdict of the judge; as-judged undoes the correction', [
    ...handVerdicts,
    'as-judged',
  ]),
  comment: text('<text>', 'set the comment; an empty one removes it'),
}

const noteOptions = {
  ...inGroup('Problems', {
    problem: text('<id>', 'id of the problem; not needed if the run has only one'),
    sample: whole('which search of the problem, from 1', { min: 1, fallback: 1 }),
  }),
  ...inGroup('Output', { ...changeOptions, ...restrict(authorOption, isChange) }),
  ...jsonOption,
}

type NoteOptions = Values<typeof noteOptions>

export function addNote(program: Command): void {
  addCommand(program, {
    name: 'note',
    summary: 'star, tag, correct or comment on a search, or list the notes of a run',
    description:
      'Notes are stored in notes.jsonl beside the searches, which do not change. A corrected verdict counts in all figures, and they ' +
      'say so; --as-judged of report, eval and export ignores corrections. Without a change the notes of the run are listed.',
    arguments: { '<run>': 'a run folder' },
    options: noteOptions,
    examples: [
      'mini-o3 note runs/eval-1a2b3c4d --problem shapes_hard_17 --sample 2 --verdict right --tag label-wrong',
      'mini-o3 note runs/eval-1a2b3c4d --problem shapes_hard_17 --star --comment "looks at the target and misreads it"',
      'mini-o3 note runs/eval-1a2b3c4d --json',
    ],
    run: (options, [run = '']) => noteCommand(run, options),
  })
}

async function noteCommand(run: string, options: NoteOptions): Promise<void> {
  await readSettings(run)
  const change = changeOf(options)
  const runs = openRuns(run, options.author ? machineUser() : undefined)
  const details = await runs.details('.')
  let notes = details.notes ?? { items: [], lost: 0, unreadable: 0 }
  const items = withNoted(details.items, notes.items)
  let shown = notes.items
  if (Object.keys(change).length > 0) {
    const { index } = chosenItem(items, options)
    notes = await runs.note('.', index, { log: details.log, change })
    shown = notes.items.filter((item) => item.index === index)
  } else if (options.problem !== undefined) {
    const { problem } = chosenItem(items, options)
    shown = shown.filter((item) => item.problem === problem)
  }
  if (notes.unreadable > 0) say(`${counted(notes.unreadable, 'line', 'lines')} of the notes cannot be read.`)
  if (notes.lost > 0) {
    say(`${counted(notes.lost, 'note is', 'notes are')} about searches that the run no longer contains.`)
  }
  if (options.json) printJson({ notes: shown.map(noteResult) })
  else print(shown.length === 0 ? 'No notes.' : shown.map(noteText).join('\n'))
}

function changeOf({ star, unstar, tag, untag, verdict, comment }: Values<typeof changeOptions>): NoteChange {
  if (star && unstar) throw new UserError('star-twice', '--star and --unstar contradict each other: leave one out.')
  const both = tag.find((one) => untag.includes(one))
  if (both !== undefined) {
    throw new UserError('tag-twice', `--tag and --untag both name ${JSON.stringify(both)}: leave one out.`)
  }
  if (comment !== undefined && comment.length > noteLimits.comment) {
    const message = `--comment has ${comment.length} characters. Shorten it to at most ${noteLimits.comment}.`
    throw new UserError('comment-too-long', message)
  }
  return {
    ...((star || unstar) && { starred: star === true }),
    ...(tag.length > 0 && { tag }),
    ...(untag.length > 0 && { untag }),
    ...(verdict !== undefined && { verdict }),
    ...(comment !== undefined && { comment }),
  }
}

function noteResult({ problem, sampleIndex, step, verdict, asJudged = verdict, note }: ItemRow): object {
  return { problem, sample: sampleIndex + 1, ...(step !== undefined && { step }), verdict, asJudged, ...note }
}

/** For example `set/17, sample 2: ★ corrected to right, #label-wrong, "The label is wrong."`. */
function noteText({ problem, sampleIndex, step, asJudged, note }: ItemRow): string {
  const at = step === undefined ? '' : ` at step ${step}`
  const parts = [
    note?.starred && '★',
    note?.verdict && `${note.verdict}${asJudged === undefined ? '' : ` (judged ${asJudged})`}`,
    ...(note?.tags ?? []).map((tag) => `#${tag}`),
    note?.comment && JSON.stringify(note.comment),
    note?.author && `by ${note.author}`,
  ]
  return `${problem}${at}, sample ${sampleIndex + 1}: ${parts.filter(Boolean).join(', ') || 'no note'}`
}

function readTag(given: string, before: readonly string[]): readonly string[] {
  const tag = tagOf(given)
  if (tag === '' || tag.length > noteLimits.tag || /\p{Cc}/u.test(tag)) {
    throw new InvalidArgumentError(`It has to be one line of at most ${noteLimits.tag} characters.`)
  }
  return [...before, tag]
}
