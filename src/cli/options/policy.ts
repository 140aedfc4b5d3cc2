/** `--policy` and its related options. */
import { tinkerKindNames } from '../../engine/tinker/server-kinds.ts'
import { autoPolicy, policyForms } from '../../policy/registry/kinds.ts'
import type { PolicyKind } from '../../policy/registry/kinds.ts'
import { policyKindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { decimal, inGroup, mapSpecs, oneOf, only, restricted, text, whole } from './schema.ts'
import type { OptionSpecs } from './schema.ts'
import { serverOptions } from './server.ts'

/** Restricts options to the policies that accept them; giving one to another policy is an error. */
export function ofPolicy<Specs extends OptionSpecs>(specs: Specs, purpose: string): Specs {
  const takenBy = (name: string) => (values: Pick<PolicyOptions, 'policy'>) =>
    policyKindOf(values)?.options.some((taken) => taken === name) ?? true
  return mapSpecs(specs, (spec, name) => restricted(spec, [only(takenBy(name), purpose)]))
}

export function policyOption(searching: PolicyKind['commands'][number], fallback: string, more = '') {
  return {
    policy: text('<name>', `the policy that searches: ${policyForms(searching).join(', ')}${more}`, { fallback }),
  }
}

/** Options of the policy in commands that ask (`ask`) or measure (`eval`). */
export function policyOptions(searching: 'ask' | 'eval', temperature: number) {
  const auto = searching === 'ask' ? `; ${autoPolicy}: the best one available` : ''
  const [weights, shipped] =
    searching === 'ask'
      ? ['weights of the embedded policy', 'the shipped ones']
      : [
          'weights of the embedded policy, or for tinker the policy.json of a training run',
          'the shipped ones; for tinker the model as it is',
        ]
  return {
    ...inGroup('Search', {
      ...policyOption(searching, 'embedded', auto),
      ...ofPolicy(
        { checkpoint: text('<file>', weights, { fallbackText: shipped }) },
        'for policies with weights of their own: add --policy embedded',
      ),
      ...ofPolicy({ temperature: temperatureOption(temperature) }, 'for policies that sample'),
    }),
    ...chatOptions,
  }
}

export function temperatureOption(fallback: number) {
  return decimal('<t>', 'sampling temperature: 1 as in training, lower is more deterministic', {
    min: 0,
    max: 10,
    fallback,
  })
}

/** Options for models behind a server or in a file. */
export const chatOptions = {
  ...inGroup(
    'Server',
    ofPolicy(
      {
        ...serverOptions,
        replyTokens: whole('token limit of one turn of chat:<model> or local:<model>', {
          min: 16,
          fallbackText: '8192, at most a quarter of the context',
        }),
      },
      'for a model behind a server: add --policy chat:<model>',
    ),
  ),
  ...inGroup(
    'Search',
    ofPolicy(
      {
        mmproj: text('<file>', 'for local:<file.gguf>: the GGUF file of its vision projector', {
          fallbackText: 'the one in the same folder',
        }),
        context: whole('context length of local:<model>, in tokens', {
          min: 1024,
          fallbackText: '32768, less if memory is short',
        }),
        threads: whole('CPU threads for local:<model>', { min: 1, max: 1024, fallbackText: 'all' }),
      },
      'for a model in a file: add --policy local:<model>',
    ),
  ),
}

export const modelFilesOption = {
  modelFiles: text(
    '<place>',
    'tinker: tokenizer, processor, config and chat template of a Qwen vision-language model: a folder, or hub:<owner>/<name> to download them',
  ),
}

/** Options of a training server, besides its address and key. */
export const tinkerServerOptions = {
  baseModel: text('<name>', 'tinker: base model on the server', { fallbackText: 'the only one it offers' }),
  tinkerServer: oneOf('<kind>', 'tinker: kind of server (default: detected)', tinkerKindNames),
  loraRank: whole('tinker: LoRA rank; 0 trains all weights', { min: 0, max: 1024 }),
}

/** Used together with the server options, which provide address and key. */
export const tinkerPolicyOptions = inGroup(
  'Server',
  ofPolicy({ ...modelFilesOption, ...tinkerServerOptions }, 'for a model on a Tinker server: add --policy tinker'),
)
