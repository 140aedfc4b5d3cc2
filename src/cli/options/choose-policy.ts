/** `--policy`, `--checkpoint`, `--base-url` and their like: which policy searches. */
import type { Command } from 'commander'
import { policyForms } from '../../policy/registry/kinds.ts'
import type { PolicyKind, PolicyOptionName } from '../../policy/registry/kinds.ts'
import { kindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { decimalNumber, wholeNumber } from './common.ts'
import { endpointOptions } from './endpoint.ts'
import { serverOptions } from './engine.ts'
import { onlyWhere } from './strict.ts'

/** Giving one of these to a policy that does not take it is an error. */
export function onlyForPolicy(command: Command, names: readonly PolicyOptionName[], purpose: string): void {
  for (const name of names) {
    const long = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    onlyWhere<PolicyOptions>(command, [long], (options) => kindOf(options)?.options.includes(name) ?? true, purpose)
  }
}

/** `alsoEmbedded`: the embedded policy works beside the named one. */
export function policyOptions(
  command: Command,
  temperature: number,
  searching: PolicyKind['commands'][number],
  alsoEmbedded = false,
): Command {
  if (!alsoEmbedded) {
    onlyForPolicy(command, ['checkpoint'], 'for policies with weights of their own: add --policy embedded')
  }
  onlyForPolicy(command, ['temperature'], 'for policies that sample')
  command
    .option('--policy <name>', `who searches: ${policyForms(searching).join(', ')}`, 'embedded')
    .option('--checkpoint <file>', 'weights of the embedded policy (default: those that ship)')
    .option('--temperature <t>', '1 samples as in training, lower is surer', decimalNumber(0, 10), temperature)
  return chatOptions(command)
}

/** What only a model behind a server needs. */
export function chatOptions(command: Command): Command {
  onlyForPolicy(
    command,
    ['baseUrl', 'apiKeyEnv', 'replyTokens', 'server', 'replySeconds'],
    'for a model behind a server: add --policy chat:<model>',
  )
  return endpointOptions(command).option(
    '--reply-tokens <n>',
    'tokens of one turn of chat:<model> (default: 8192, and at most a quarter of its context)',
    wholeNumber(16),
  )
}

export const modelFilesOption = [
  '--model-files <place>',
  'tinker: of a Qwen vision-language model, a folder with its tokenizer, or hub:<owner>/<name> to download it',
] as const

/** Beside those of an endpoint, whose address and key they share. */
export function tinkerPolicyOptions(command: Command): Command {
  const names = ['modelFiles', 'baseModel', 'tinkerServer', 'loraRank'] as const
  onlyForPolicy(command, names, 'for a model on a Tinker server: add --policy tinker')
  return serverOptions(command.option(...modelFilesOption))
}
