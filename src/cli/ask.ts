/** `mini-o3 ask`: answers one question about one or more pictures by searching, and writes a page that replays the search. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import type { Command } from 'commander'
import { weightsHash } from '../engine/weights-hash.ts'
import { writePage } from '../page/write-page.ts'
import type { Policy } from '../policy/policy.ts'
import { autoPolicy } from '../policy/registry/kinds.ts'
import { checkPolicy, checkProblem, policyKindOf, openPolicy, policySettings } from '../policy/registry/open-policy.ts'
import { pictured, picturesOf } from '../protocol/originals.ts'
import { profileHash, profiles } from '../protocol/profile.ts'
import type { Profile } from '../protocol/profile.ts'
import { reasonOf } from '../protocol/reason.ts'
import type { PictureReading } from '../protocol/rules.ts'
import { openQuestionPictures } from '../search/question-pictures.ts'
import type { Asked } from '../search/search.ts'
import { UserError } from '../shared/errors.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { searchesPage } from '../runs/files.ts'
import { lastOf } from '../shared/known.ts'
import { keepExchanges } from '../runs/exchanges.ts'
import { searchLog } from '../runs/searches.ts'
import type { RunFolder } from '../runs/run-folder.ts'
import { openPicture } from '../vision/open.ts'
import type { Picture } from '../vision/picture.ts'
import { noModelText, takeBest } from './options/auto-policy.ts'
import { addCommand, isGiven } from './options/command.ts'
import { policyOptions } from './options/policy.ts'
import { maxPixelsOption, chosenProfile, profileOptions } from './options/profile.ts'
import { inCommandRun } from './command-run.ts'
import { IncompleteError } from './incomplete.ts'
import { offeringPull } from './pull-model.ts'
import { foundRows, rowLines } from './print/found.ts'
import { print, printJson, say } from './print/output.ts'
import { shellWord } from '../shared/shell-word.ts'
import { searchAloud } from './print/search-aloud.ts'
import { inGroup } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { maxTurnsOption, runOptions, seedOption } from './options/shared.ts'

const askOptions = {
  ...policyOptions('ask', 0.3),
  ...profileOptions,
  ...maxPixelsOption,
  ...inGroup('Search', { ...maxTurnsOption, ...seedOption() }),
  ...runOptions,
}

type AskOptions = Values<typeof askOptions>

export function addAsk(program: Command): void {
  addCommand(program, {
    name: 'ask',
    summary: 'answer a question about a picture',
    description:
      'Searches the picture turn by turn, answers, and writes a page that replays the search. The question "Which digit is on the ' +
      '<colour> <shape>?" goes to the embedded policy, which only knows generated scenes. For any other question, the best ' +
      'vision-language model found on this machine is used (--policy auto; `mini-o3 doctor` lists them all), or the one that you name, ' +
      'for example behind an OpenAI-compatible server (--policy chat:<model> --base-url <url>).',
    arguments: {
      '<picture>': 'a JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF or BMP file; repeat it to ask about several pictures',
      '<question...>': 'the question, in quotes, after the pictures',
    },
    options: askOptions,
    examples: [
      'mini-o3 ask scene.jpg "Which digit is on the red heart?"',
      'mini-o3 ask photo.jpg "What does the sign say?"',
      'mini-o3 ask photo.jpg "What does the sign say?" --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
      'mini-o3 ask before.jpg after.jpg "What was moved?" --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
      'mini-o3 ask scene.jpg "Which digit is on the red heart?" --max-turns 6 --json',
    ],
    run: async (options, given, command) => {
      const question = lastOf(given)
      const files = given.slice(0, -1)
      await ask(files, question, await withPolicy(question.trim(), files, options, command))
    },
  })
}

/**
 * Picks a policy that can take this question and these pictures. Throws `UserError` for a file that cannot be opened, before looking for
 * a model, and `IncompleteError` if there is no such policy, after printing the alternatives.
 */
async function withPolicy(
  question: string,
  files: readonly string[],
  options: AskOptions,
  command: Command,
): Promise<AskOptions> {
  // Weights are looked at before a model is looked for, and name the policy that has them.
  await weightsHash(options.checkpoint)
  const named = isGiven(command, 'policy') || options.checkpoint !== undefined
  const taken = files.length === 1 && takesQuestion(question, options)
  const auto = options.policy === autoPolicy || (!named && !taken)
  if (!auto || question === '') return options
  const { reading } = profiles[options.profile ?? 'default'].pictures
  for (const file of files) await openFile(file, files, question, reading)
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    const nothing = await takeBest(command, options.temperature, interrupt.signal)
    if (nothing === undefined) return command.opts<AskOptions>()
    const rows = foundRows(nothing)
    if (options.json) printJson({ answer: null, found: rows })
    else print([noModelText, '', ...rowLines(rows)].join('\n'))
    throw new IncompleteError('Nothing was asked: no model was chosen. Run one of the commands above.')
  } finally {
    interrupt.release()
  }
}

function takesQuestion(question: string, options: AskOptions): boolean {
  try {
    checkProblem(options, { docId: 'asked', dataSource: 'ask', question })
    return true
  } catch {
    return false
  }
}

/** A note for policies that only know some kinds of pictures, printed with every answer: they cannot tell that a picture is of another kind. */
function noteOf(options: AskOptions): string | undefined {
  const kind = policyKindOf(options)
  return kind?.vlm ? undefined : kind?.note
}

async function ask(files: readonly string[], asked: string, options: AskOptions): Promise<void> {
  const question = asked.trim()
  check(question, options)
  const { maxTurns, seed } = options
  const profile = chosenProfile(options)
  const openAndTell = async (file: string): Promise<Picture> => {
    const picture = await openFile(file, files, question, profile.pictures.reading)
    if (picture.note !== undefined) say(picture.note)
    return picture
  }
  const pictures = await openQuestionPictures(files, profile, openAndTell)
  const hashes = pictured(picturesOf(pictures).map(({ sha256 }) => sha256))
  const common = { ...hashes, question, profile: profileHash(profile), maxTurns, seed }
  const settings = { ...common, ...(await offeringPull(() => policySettings(options))) }
  const note = noteOf(options)
  if (note !== undefined) say(note)
  const policy = await openPolicy(options, profile)
  if (policy.about !== undefined) say(policy.about)
  const interrupt = catchInterrupt(() => say('Stopping.'))
  try {
    await inCommandRun('ask', settings, options.run, async (run) => {
      for (const file of files) await run.keepImage(await readFile(file), extname(file).slice(1) || 'img')
      await searchAndShow({ ...pictures, question }, options, policy, profile, run, interrupt.signal)
    })
  } finally {
    interrupt.release()
    await policy.close?.()
  }
}

async function openFile(
  file: string,
  files: readonly string[],
  question: string,
  reading: PictureReading,
): Promise<Picture> {
  try {
    return await openPicture(file, { reading, cutOff: 'shown' })
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'picture-not-found') throw error
    const hint = existsSync(question)
      ? `The pictures come first, then the question: mini-o3 ask ${shellWord(question)} "..."`
      : 'Every argument but the last is a picture: put the question in quotes.'
    if (files.length === 1 && !existsSync(question)) throw error
    throw new UserError(error.code, `${error.message} ${hint}`, { cause: error })
  }
}

async function searchAndShow(
  asked: Asked,
  options: AskOptions,
  policy: Policy,
  profile: Profile,
  run: RunFolder,
  signal: AbortSignal,
): Promise<void> {
  const { maxTurns, seed } = options
  const stream = options.json ? process.stderr : process.stdout
  const onExchanges = keepExchanges.bind(undefined, run)
  const trajectory = await searchAloud(asked, policy, { profile, maxTurns, seed, signal, onExchanges }, stream)
  const stored = await run.replace(searchLog, [trajectory])
  const files = { trajectory: resolve(stored), page: resolve(run.file(searchesPage)) }
  await writePage(files.page, asked.question, [{ ...asked, title: 'search', trajectory, profile }])
  const { answer, end, turns, usage, ms } = trajectory
  const reason = answer === null ? reasonOf(trajectory) : undefined
  if (options.json)
    printJson({
      answer,
      end,
      reason,
      turns: turns.length,
      ...files,
      run: run.path,
      usage,
      ms,
      note: noteOf(options),
    })
  else print(`Replay of the search: ${files.page}`)
  if (reason?.kind === 'failed' || reason?.kind === 'refused') {
    throw new IncompleteError(`The search failed (${reason.code}), for the reason given above.`)
  }
}

/** Checks the arguments before anything is opened, loaded or written. */
function check(question: string, options: AskOptions): void {
  if (question === '') throw new UserError('question-empty', 'The question is empty. Put it in quotes.')
  checkPolicy(options, 'ask')
  checkProblem(options, { docId: 'asked', dataSource: 'ask', question })
  chosenProfile(options)
}
