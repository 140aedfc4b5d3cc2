/**
 * Stage 1 for a vision-language model on an engine elsewhere, as one resumable run: every reply of a search is learned behind
 * all that came before it, one sequence a search, every token counting the same.
 */
import { type Datum, type Engine, promptLength } from '../../engine/engine.ts'
import type { ChatModel } from '../../model/renderer/chat-model.ts'
import { openConversation, shownPictures } from '../../policy/sampler/conversation.ts'
import type { ShownPictures } from '../../policy/sampler/conversation.ts'
import { storedTurn } from '../../policy/sampler/stored-turn.ts'
import { functionsOf } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { itemAt } from '../../shared/known.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { Example } from './example.ts'
import { vlmAdam } from '../learner.ts'
import { policyFile } from '../../runs/training.ts'
import { loadCheckpoint } from '../run-log.ts'
import { partReader } from '../token-parts.ts'
import { batchIndices, sft, type SftMetrics, type SftSettings } from '../sft/sft.ts'

export interface RunVlmSftOptions {
  readonly examples: readonly Example[]
  readonly model: ChatModel
  /** That was searched under; turns that end beyond its limit of tokens are not learned, as the released training cuts there. */
  readonly profile: Pick<Profile, 'dialect' | 'contextLimit' | 'tools' | 'parse' | 'answerPick'>
  /** `batch` counts searches. */
  readonly settings: SftSettings
  /** Closed at the end. */
  readonly engine: Engine
  /** A checkpoint to start from; default: the server's own weights. */
  readonly from?: string | undefined
  readonly run: RunFolder
  readonly signal?: AbortSignal | undefined
  onStep?(metrics: SftMetrics): void
}

/** Returns true when the run is complete, false when `signal` stopped it: the same call then goes on from there. */
export async function runVlmSft(options: RunVlmSftOptions): Promise<boolean> {
  const { examples, model, profile, settings, engine, from, run, signal } = options
  const shown = shownPictures()
  try {
    if (examples.length === 0) {
      throw new UserError(
        'no-trajectories',
        'There is no trajectory to learn from. Collect some: mini-o3 collect --help',
      )
    }
    const done = await loadCheckpoint(engine, run)
    if (!done && from !== undefined) await engine.loadWeights(from)
    const indicesAt = batchIndices(examples.length, settings)
    const batchAt = async (step: number): Promise<Datum[]> => {
      const searches = indicesAt(step).map((index) => itemAt(examples, index))
      return evenWeights(
        (await Promise.all(searches.map((example) => exampleTurns(example, model, profile, shown)))).flat(),
      )
    }
    const firstStep = done ? done.step + 1 : 1
    const partsOf = partReader(profile, model.tokenizer.decode)
    await sft(engine, settings, vlmAdam, batchAt, run, { firstStep, signal, partsOf, onStep: options.onStep })
    if (signal?.aborted) return false
    await engine.saveForUse(run.file(policyFile(engine.checkpointSuffix)))
    return true
  } finally {
    await engine.close()
  }
}

type Turn = Pick<Datum, 'prompt' | 'reply'>

/** The turns of a search under the prompts that a session would see, as far as the context reaches. */
export async function exampleTurns(
  example: Example,
  model: ChatModel,
  profile: Pick<Profile, 'dialect' | 'contextLimit' | 'tools'>,
  shown: ShownPictures,
): Promise<Turn[]> {
  const { contextLimit } = profile
  const tools = functionsOf(profile)
  const conversation = openConversation(model, tools, shown)
  const turns: Turn[] = []
  for (const { message, reply: text, byHand } of await example.lessons()) {
    await conversation.tell(message)
    const prompt = conversation.prompt()
    const reply = [...model.tokenizer.encode(storedTurn(text, model, tools)), model.end]
    if (contextLimit !== null && promptLength(prompt) + reply.length > contextLimit) break
    if (byHand === undefined) turns.push({ prompt, reply })
    conversation.reply(reply)
  }
  return turns
}

/** The mean over all tokens of a batch, as the released cold start was trained. */
function evenWeights(turns: readonly Turn[]): Datum[] {
  const weight = 1 / turns.reduce((sum, { reply }) => sum + reply.length, 0)
  return turns.map((turn) => ({ ...turn, weights: turn.reply.map(() => weight) }))
}
