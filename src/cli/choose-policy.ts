/** From the words `--policy`, `--checkpoint` and `--temperature` to a policy and the profile that goes with it. */
import type { Command } from 'commander'
import { blindPolicy } from '../policy/baseline/blind.ts'
import { overviewPolicy } from '../policy/baseline/overview.ts'
import { randomCropsPolicy } from '../policy/baseline/random-crops.ts'
import { embeddedPolicy, shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { UserError } from '../shared/errors.ts'
import { checkpointHash } from './checkpoint-hash.ts'
import { decimalNumber } from './words.ts'

export interface PolicyWords {
  readonly policy: string
  readonly checkpoint?: string
  readonly temperature: number
}

export function policyWords(command: Command, temperature: number, names: readonly string[]): Command {
  return command
    .option('--policy <name>', `who searches: ${names.join(', ')}`, 'embedded')
    .option('--checkpoint <file>', 'weights of the embedded policy (default: those that ship)')
    .option('--temperature <t>', '1 samples as in training, lower is surer', decimalNumber(0, 10), temperature)
}

/** Policies that answer a question about one picture. */
export const askPolicies = ['embedded']
/** Policies that can be measured: the embedded one and the baselines made from it. */
export const evalPolicies = ['embedded', 'blind', 'overview', 'random-crops']

/** Throws `UserError` for a name that is not among `names`, before anything is loaded or written. */
export function checkPolicyName({ policy }: Pick<PolicyWords, 'policy'>, names: readonly string[]): void {
  if (names.includes(policy)) return
  if (policy.startsWith('chat:')) {
    throw new UserError(
      'policy-not-yet',
      `--policy ${policy}: large models behind a server (chat:<model>) arrive with a later release. ` +
        `This release has ${names.join(', ')}.`,
    )
  }
  throw new UserError('policy-unknown', `--policy ${policy} is none of ${names.join(', ')}.`)
}

/** What a run keeps of the policy: weights by their hash, so that a run never goes on with other weights. */
export async function policySettings({ policy, checkpoint, temperature }: PolicyWords): Promise<object> {
  if (policy === 'blind') return { policy }
  return { policy, checkpoint: await checkpointHash(checkpoint ?? shippedCheckpoint), temperature }
}

/** Opens the policy; close it when done. */
export async function openPolicy({ policy, checkpoint, temperature }: PolicyWords): Promise<Policy> {
  if (policy === 'blind') return blindPolicy([...'0123456789'])
  const embedded = await embeddedPolicy({ checkpoint, temperature })
  if (policy === 'overview') return overviewPolicy(embedded)
  return policy === 'random-crops' ? randomCropsPolicy(embedded) : embedded
}
