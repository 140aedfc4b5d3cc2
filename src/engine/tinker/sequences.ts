/**
 * Turns that go on from one another as one sequence: what they share is sent, read and differentiated once instead of once a
 * turn. A turn belongs to the sequence of the turn before it if its prompt begins with that one's prompt and reply. Pure.
 */
import { type Datum, type Prompt, promptLength } from '../engine.ts'
import { turnsTogether } from '../policy-loss.ts'
import { lastOf } from '../../shared/known.ts'
import { promptBytes } from './wire-chunks.ts'

export interface Sequence {
  /** The prompt of the last turn, which holds all before it. */
  readonly prompt: Prompt
  /** In order. */
  readonly turns: readonly SequenceTurn[]
}

export interface SequenceTurn {
  /** Position of the first token of the reply. */
  readonly at: number
  readonly datum: Datum
}

/** Sequences in the order of the data; their turns, one after the other, are the data. */
export function sequencesOf(data: readonly Datum[]): Sequence[] {
  return turnsTogether(data).map((turns) => ({
    prompt: lastOf(turns).prompt,
    turns: turns.map((datum) => ({ at: promptLength(datum.prompt), datum })),
  }))
}

/** What one request may hold. */
export interface RequestLimits {
  readonly sequences: number
  /** Roughly, before pictures are encoded. */
  readonly bytes: number
}

/** Runs of neighbours that fit into one request each; a sequence that is larger than the limit goes alone. */
export function splitSequences(sequences: readonly Sequence[], limits: RequestLimits): Sequence[][] {
  const parts: Sequence[][] = []
  let bytes = Infinity
  for (const sequence of sequences) {
    const own = sequenceBytes(sequence)
    const last = parts.at(-1)
    if (last && last.length < limits.sequences && bytes + own <= limits.bytes) {
      last.push(sequence)
      bytes += own
    } else {
      parts.push([sequence])
      bytes = own
    }
  }
  return parts
}

/** A position as text, with its target, its weight or advantage, and its log-probability. */
const positionBytes = 20

export function sequenceBytes({ prompt, turns }: Sequence): number {
  return promptBytes(prompt) + (promptLength(prompt) + lastOf(turns).datum.reply.length) * positionBytes
}

/** Positions of all of it. */
export function sequenceLength({ turns }: Sequence): number {
  const { at, datum } = lastOf(turns)
  return at + datum.reply.length
}
