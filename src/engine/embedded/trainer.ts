/** Losses and gradients of the small policy, computed by the kernels in this thread: no padding, one micro-batch after another. */
import { goalOf } from '../../model/goal.ts'
import { kindLabels, patchTokens, presenceLabels } from '../../model/config.ts'
import { formStates, formStatesOf, formTable, newestShown } from '../../model/grammar.ts'
import { backward, lookBack } from '../../model/kernels/backward.ts'
import { cacheFloats, forward } from '../../model/kernels/forward.ts'
import { createGradients } from '../../model/kernels/gradients.ts'
import type { Address } from '../../model/kernels/kernels.ts'
import type { Network } from '../../model/kernels/network.ts'
import { runStem } from '../../model/kernels/stem.ts'
import { itemAt } from '../../shared/known.ts'
import type { Datum, ForwardBackward, LookDatum, Looked, Loss } from '../engine.ts'
import { viewAndText } from '../engine.ts'
import { lookLoss } from './look-loss.ts'
import { joinLooked, joinTrained } from './messages.ts'
import { tokenLoss } from './token-loss.ts'

/** Sequences that go through the network together: what is kept of them fits into a core's caches. */
const microBatch = 16

export interface Trainer {
  train(data: readonly Datum[], loss: Loss): ForwardBackward
  look(data: readonly LookDatum[], scale: number): Looked
}

/** Gradients of the weights that `net` has when asked are added to `sums`, in the order of the data. */
export function createTrainer(net: Network, sums: Float32Array, frozenStem: boolean): Trainer {
  const { config, kernels } = net
  const { call } = kernels
  const gradients = createGradients(net)
  const stride = Math.ceil(config.vocabulary / 8) * 8
  const forms = kernels.take(formStates * stride)
  const table = formTable()
  for (let state = 0; state < formStates; state++) {
    const row = kernels.floats(forms + 4 * state * stride, stride).fill(0)
    row.set(table.subarray(state * config.vocabulary, (state + 1) * config.vocabulary))
  }

  function trainMicroBatch(part: readonly Datum[], loss: Loss): ForwardBackward {
    const prompts = part.map(({ prompt }) => viewAndText(prompt))
    const stem = runStem(
      net,
      prompts.map(({ view }) => view),
      !frozenStem,
    )
    const stretches = part.map(({ reply }, view) => {
      // The reply's last token is only ever predicted.
      const { tokens: text } = itemAt(prompts, view)
      const tokens = [...text, ...reply.slice(0, -1)]
      const prefix = patchTokens(config) + text.length
      return {
        view,
        first: 0,
        tokens,
        prefix,
        tail: reply.length,
        ...goalOf(tokens),
        cache: kernels.take(cacheFloats(net)),
      }
    })
    const tape = forward(net, stem, stretches, true)
    const { tailRows: rows, logits, logitStride } = tape
    const whole = (numbers: readonly number[]): Address => {
      const at = kernels.take(rows)
      kernels.whole(at, rows).set(numbers)
      return at
    }
    const form = whole(
      part.flatMap(({ formed, prompt, reply }) =>
        formed ? formStatesOf(reply, newestShown(viewAndText(prompt).tokens)) : reply.map(() => 0),
      ),
    )
    const target = whole(part.flatMap(({ reply }) => reply))
    const [logprob, best, slope] = [kernels.take(rows), kernels.take(rows), kernels.take(rows)]
    call.probabilities(rows, logitStride, logits, forms, form, target, logprob, best)
    const slopes = kernels.floats(slope, rows)
    const logprobs: number[][] = []
    const greedy: boolean[][] = []
    let [total, row] = [0, 0]
    for (const datum of part) {
      const { length } = datum.reply
      const own = [...kernels.floats(logprob + 4 * row, length)]
      for (const [i, value] of own.entries()) {
        const token = tokenLoss(loss, datum, i, value)
        total += token.value
        slopes[row + i] = token.slope
      }
      logprobs.push(own)
      greedy.push(Array.from(kernels.floats(best + 4 * row, length), (value) => value > 0))
      row += length
    }
    // Where the log-probabilities are all that was asked for, there is nothing to go back from.
    if (slopes.some((value) => value !== 0)) {
      call.logprobBack(rows, logitStride, target, slope, logits)
      backward(gradients, tape, logits, frozenStem)
    }
    return { loss: total, logprobs, greedy }
  }

  function lookMicroBatch(part: readonly LookDatum[], scale: number): Looked {
    const { width } = config
    const patches = patchTokens(config)
    const tape = runStem(
      net,
      part.map(({ view }) => view),
      true,
    )
    const head = (name: string, rows: number, inputs: number, outputs: number): Address => {
      const out = kernels.take(rows * outputs)
      call.gemm(tape.features, inputs, net.panels(name), out, outputs, rows, outputs, inputs, false)
      const bias = kernels.floats(net.values(`${name}.bias`), outputs)
      const all = kernels.floats(out, rows * outputs)
      for (let i = 0; i < all.length; i++) all[i]! += bias[i % outputs]!
      return out
    }
    const cells = head('look.presence', part.length * patches, width, presenceLabels)
    const kinds = head('look.kind', part.length, patches * width, kindLabels)
    const each = patches * presenceLabels
    let loss = 0
    const presence: Float32Array[] = []
    const kind: Float32Array[] = []
    for (const [b, datum] of part.entries()) {
      const ownCells = kernels.floats(cells + 4 * b * each, each)
      const ownKinds = kernels.floats(kinds + 4 * b * kindLabels, kindLabels)
      presence.push(ownCells.slice())
      kind.push(ownKinds.slice())
      loss += lookLoss(datum, ownCells, ownKinds, scale)
    }
    lookBack(gradients, tape, cells, kinds)
    return { loss, presence, kind }
  }

  /** Runs over `items` in micro-batches; their gradients go to `sums`. */
  function inParts<T, R>(items: readonly T[], each: (part: readonly T[]) => R): R[] {
    gradients.start(sums)
    const results: R[] = []
    for (let from = 0; from < items.length; from += microBatch) {
      const mark = kernels.mark()
      try {
        results.push(each(items.slice(from, from + microBatch)))
      } finally {
        kernels.release(mark)
      }
    }
    sums.set(gradients.all())
    return results
  }

  return {
    train: (data, loss) => joinTrained(inParts(data, (part) => trainMicroBatch(part, loss))),
    look: (data, scale) => joinLooked(inParts(data, (part) => lookMicroBatch(part, scale))),
  }
}
