/**
 * Stage 1 for a vision-language model on an engine elsewhere, as one resumable run: every reply of a search is learned behind
 * all that came before it, one sequence a search, every token counting the same.
 */
import type { Datum, Engine } from '../engine/engine.ts'
import type { ChatModel } from '../model/qwen/chat-model.ts'
import { openConversation } from '../policy/sampler/conversation.ts'
import type { Profile } from '../protocol/profile.ts'
import type { Observation, Trajectory } from '../protocol/trajectory.ts'
import { replay } from '../search/replay.ts'
import { canonicalJson } from '../shared/canonical.ts'
import { UserError } from '../shared/errors.ts'
import type { RunFolder } from '../shared/run-folder.ts'
import { view, viewRule } from '../vision/fit.ts'
import type { Picture } from '../vision/picture.ts'
import { vlmAdam } from './learner.ts'
import { lastCheckpoint } from './run-log.ts'
import { policyFileOf } from './run-sft.ts'
import { batchIndices, sft, type SftMetrics, type SftSettings } from './sft.ts'

/** A right search to learn from, and how to see what it saw. */
export interface Example {
  readonly trajectory: Trajectory
  /** The one that it was searched under. */
  readonly profile: Profile
  readonly openPicture: () => Promise<Picture>
}

export interface RunVlmSftOptions {
  readonly examples: readonly Example[]
  readonly model: ChatModel
  /** `batch` counts searches. */
  readonly settings: SftSettings
  /** Closed at the end. */
  readonly engine: Engine
  /** A checkpoint to start from; default: the server's own weights. */
  readonly from?: string
  readonly run: RunFolder
  readonly signal?: AbortSignal
  onStep?(metrics: SftMetrics): void
}

/** Returns true when the run is complete, false when `signal` stopped it: the same call then goes on from there. */
export async function runVlmSft(options: RunVlmSftOptions): Promise<boolean> {
  const { examples, model, settings, engine, from, run, signal } = options
  try {
    if (examples.length === 0) {
      throw new UserError(
        'no-trajectories',
        'There is no trajectory to learn from. Collect some: mini-o3 collect --help',
      )
    }
    const done = await lastCheckpoint(run)
    if (done) await engine.load(run.file(done.file))
    else if (from !== undefined) await engine.loadWeights(from)
    const batchAt = async (step: number): Promise<Datum[]> => {
      const searches = batchIndices(examples.length, settings, step).map((index) => examples[index]!)
      return evenWeights((await Promise.all(searches.map((example) => exampleTurns(example, model)))).flat())
    }
    const firstStep = done ? done.step + 1 : 1
    await sft(engine, settings, vlmAdam, batchAt, run, { firstStep, signal, onStep: options.onStep })
    if (signal?.aborted) return false
    await engine.saveForUse(run.file(policyFileOf(engine)))
    return true
  } finally {
    await engine.close()
  }
}

type Lesson = Pick<Datum, 'prompt' | 'reply'>

/** The turns of a search under the very prompts that a session would see. */
export async function exampleTurns({ trajectory, profile, openPicture }: Example, model: ChatModel): Promise<Lesson[]> {
  const picture = await openPicture()
  const { tokenizer } = model
  const viewOf = ({ index, boxInOriginalPx: boxPx }: Observation) => {
    const rule = viewRule(profile, index)
    const key = canonicalJson([picture.sha256, boxPx, rule])
    return { pixels: () => view(picture, boxPx, rule), key, boxPx }
  }
  const conversation = openConversation(model)
  const lessons: Lesson[] = []
  for (const { message, turn } of replay(trajectory, profile, viewOf)) {
    await conversation.tell(message)
    const reply = [...tokenizer.encode(turn.text), tokenizer.marks.end]
    lessons.push({ prompt: conversation.prompt(), reply })
    conversation.reply(reply)
  }
  return lessons
}

/** The mean over all tokens of a batch, as the released cold start was trained. */
function evenWeights(lessons: readonly Lesson[]): Datum[] {
  const weight = 1 / lessons.reduce((sum, { reply }) => sum + reply.length, 0)
  return lessons.map((lesson) => ({ ...lesson, weights: lesson.reply.map(() => weight) }))
}
