/** Gradients of each loss of the embedded engine, as compiled functions of jax-js. */
import { patchTokens, kindRanges, type ModelConfig, presenceLabels, textTokens } from '../../src/model/config.ts'
import { jit, lax, nn, numpy as np, type Tensor, valueAndGrad } from './jax.ts'
import { forward, type Inputs, oneHot, presenceLogits, type Parameters, stem, weight } from './network.ts'
import { formStates, formTable } from '../../src/model/grammar.ts'
import { tokenOf } from '../../src/model/tokenizer.ts'
import { cellName, cellsInOrder } from '../../src/model/language.ts'
import type { Loss } from '../../src/engine/engine.ts'
import { itemAt } from '../../src/shared/known.ts'

const forms = formTable()
const firstCell = tokenOf(` ${cellName(itemAt(cellsInOrder, 0))}`)

/** Per-token arrays of a batch, all [B, T - I] and 0 where nothing is learned. */
interface Targets {
  readonly next: Tensor
  readonly weights: Tensor
  readonly advantages: Tensor
  readonly oldLogprobs: Tensor
  /** The state of the form of a turn; 0: none is kept. */
  readonly form: Tensor
}

/** Gradients of every parameter, and `[loss, logprobs [B * (T - I)], best [B * (T - I)]]`. */
export type TrainStep = (p: Parameters, inputs: Inputs, targets: Targets) => [[Tensor, Tensor[]], Parameters]

/** The stem's features, without a gradient into the stem when it is frozen. */
function features(config: ModelConfig, p: Parameters, patches: Tensor, frozen: boolean): Tensor {
  const own = Object.fromEntries(Object.entries(p).filter(([name]) => name.startsWith('stem.')))
  return stem(config, frozen ? stopped(own) : own, patches)
}

function stopped(p: Parameters): Parameters {
  return Object.fromEntries(Object.entries(p).map(([name, tensor]) => [name, lax.stopGradient(tensor)]))
}

export function trainStep(config: ModelConfig, loss: Loss, frozenStem: boolean): TrainStep {
  const lossOf = (p: Parameters, inputs: Inputs, targets: Targets): [Tensor, Tensor[]] => {
    const rows = itemAt(inputs.tokens.shape, 0) * textTokens(config)
    const [own, rest] = split(p, 'stem.')
    const [unused, used] = split(rest, 'look.kind')
    for (const tensor of Object.values(unused)) tensor.dispose()
    const seen = features(config, own, inputs.patches, frozenStem)
    const all = forward(config, used, seen, inputs, firstCell)
    const best = np.max(all.ref, -1)
    let logprobs = np.sum(all.ref.mul(oneHot(targets.next.reshape([rows]), config.vocabulary)), -1)
    const flat = (tensor: Tensor): Tensor => tensor.reshape([rows])
    let objective: Tensor
    if (loss.kind === 'cross-entropy') {
      for (const unneeded of [all, targets.advantages, targets.oldLogprobs, targets.form]) unneeded.dispose()
      objective = logprobs.ref.mul(flat(targets.weights))
    } else {
      targets.weights.dispose()
      // Tokens that could not come have no part in the policy: without this, punishing a token would feed them.
      const allowed = np.matmul(
        oneHot(flat(targets.form), formStates),
        np.array(forms, { shape: [formStates, config.vocabulary] }),
      )
      logprobs = logprobs.sub(np.log(np.sum(np.exp(all).mul(allowed), -1).add(1e-30)))
      const advantages = flat(targets.advantages)
      const ratio = np.exp(logprobs.ref.sub(flat(targets.oldLogprobs)))
      const clipped = np.clip(ratio.ref, 1 - loss.clipLow, 1 + loss.clipHigh).mul(advantages.ref)
      objective = np.minimum(ratio.mul(advantages), clipped)
    }
    return [np.sum(objective).mul(-1), [logprobs, best]]
  }
  return jit(valueAndGrad(lossOf, { hasAux: true }))
}

/** Splits parameters by the start of their names. */
export function split(p: Parameters, prefix: string): [Parameters, Parameters] {
  const entries = Object.entries(p)
  return [
    Object.fromEntries(entries.filter(([name]) => name.startsWith(prefix))),
    Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix))),
  ]
}

/** What a view holds, for teaching the stem: see `train/sft/perception.ts`. */
interface LookTargets {
  /** [B] 1, or 0 for rows that only fill the batch. */
  readonly rows: Tensor
  /** [B, I, presenceLabels] 1 where a colour shows in one of the patch's cells. */
  readonly presence: Tensor
  /** [B, kindLabels] one-hot colour, shape and digit of what lies at the centre; all 0 where nothing legible does, digits where none can be read. */
  readonly kind: Tensor
}

export type LookStep = (p: Parameters, patches: Tensor, targets: LookTargets) => [[Tensor, Tensor[]], Parameters]

/** How much each kind of label counts: digits are the hardest to learn. */
const kindWeights = [
  [kindRanges.colour, 1],
  [kindRanges.shape, 2],
  [kindRanges.digit, 4],
] as const

/** Loss of the perception heads: presence by binary, kinds by categorical cross-entropy; predictions as extras. */
export function lookStep(config: ModelConfig): LookStep {
  const lossOf = (p: Parameters, patches: Tensor, targets: LookTargets): [Tensor, Tensor[]] => {
    const [own, rest] = split(p, 'stem.')
    const [heads, unused] = split(rest, 'look.')
    for (const tensor of Object.values(unused)) tensor.dispose()
    const batch = itemAt(patches.shape, 0)
    const seen = stem(config, own, patches)
    const cells = presenceLogits(config, heads, seen.ref)
    const labels = targets.presence.ref.reshape([batch * patchTokens(config), presenceLabels])
    // Present cells are rare and count four times; rows that only fill the batch do not count.
    const weights = targets.presence
      .mul(3)
      .add(1)
      .mul(targets.rows.reshape([batch, 1, 1]))
    // log(1 + e^x) - y x, the stable form of binary cross-entropy.
    const softplus = np.log(np.exp(np.absolute(cells.ref).mul(-1)).add(1)).add(nn.relu(cells.ref))
    const miss = softplus.sub(cells.ref.mul(labels)).mul(weights.reshape([batch * patchTokens(config), presenceLabels]))
    const flat = seen.reshape([batch, patchTokens(config) * config.width])
    const kinds = np.matmul(flat, weight(heads, 'look.kind')).add(weight(heads, 'look.kind.bias'))
    let loss = np.sum(miss).mul(0.1)
    for (const [[from, to], weight] of kindWeights) {
      const part = nn.logSoftmax(kinds.ref.slice([], [from, to]), -1)
      loss = loss.sub(np.sum(part.mul(targets.kind.ref.slice([], [from, to]))).mul(weight))
    }
    targets.kind.dispose()
    return [loss, [cells, kinds]]
  }
  return jit(valueAndGrad(lossOf, { hasAux: true }))
}
