/**
 * Turns that go on from one another as one sequence: what they share is sent, read and differentiated once instead of once a
 * turn. A turn belongs to the sequence of the turn before it if its prompt begins with that one's prompt and reply. Pure.
 */
import { type Datum, goesOnFrom, type Prompt } from '../engine.ts'
import { promptLength } from './wire-chunks.ts'

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
  const sequences: { prompt: Prompt; turns: SequenceTurn[] }[] = []
  for (const datum of data) {
    const turn = { at: promptLength(datum.prompt), datum }
    const open = sequences.at(-1)
    if (open && goesOnFrom(datum.prompt, open.turns.at(-1)!.datum)) {
      open.prompt = datum.prompt
      open.turns.push(turn)
    } else sequences.push({ prompt: datum.prompt, turns: [turn] })
  }
  return sequences
}
