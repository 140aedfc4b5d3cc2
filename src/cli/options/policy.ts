/** `--policy` and what belongs to it. */
import { tinkerKindNames } from '../../engine/tinker/server-kinds.ts'
import { policyForms } from '../../policy/registry/kinds.ts'
import type { PolicyKind } from '../../policy/registry/kinds.ts'
import { policyKindOf } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { decimal, inGroup, mapSpecs, oneOf, only, restricted, text, whole } from './schema.ts'
import type { OptionSpecs } from './schema.ts'
import { serverOptions } from './server.ts'

/** Giving one of these options to a policy that does not take it is an error. */
export function ofPolicy<Specs extends OptionSpecs>(specs: Specs, purpose: string): Specs {
  const takenBy = (name: string) => (values: Pick<PolicyOptions, 'policy'>) =>
    policyKindOf(values)?.options.some((taken) => taken === name) ?? true
  return mapSpecs(specs, (spec, name) => restricted(spec, [only(takenBy(name), purpose)]))
}

export function policyOption(searching: PolicyKind['commands'][number], fallback: string, more = '') {
  return { policy: text('<name>', `who searches: ${policyForms(searching).join(', ')}${more}`, { fallback }) }
}

/** Stands for the best of what is there, where a question is asked. */
export const autoPolicy = 'auto'

/** Of policies that ask and that are measured. */
export function policyOptions(searching: 'ask' | 'eval', temperature: number) {
  const auto = searching === 'ask' ? `; ${autoPolicy}: the best of what is there` : ''
  return {
    ...inGroup('Search', {
      ...policyOption(searching, 'embedded', auto),
      ...ofPolicy(
        { checkpoint: text('<file>', 'weights of the embedded policy', { fallbackText: 'those that ship' }) },
        'for policies with weights of their own: add --policy embedded',
      ),
      ...ofPolicy({ temperature: temperatureOption(temperature) }, 'for policies that sample'),
    }),
    ...chatOptions,
  }
}

export function temperatureOption(fallback: number) {
  return decimal('<t>', 'sampling temperature: 1 as in training, lower is more certain', { min: 0, max: 10, fallback })
}

/** What only a model behind a server or in a file needs. */
export const chatOptions = {
  ...inGroup(
    'Server',
    ofPolicy(
      {
        ...serverOptions,
        replyTokens: whole('tokens of one turn of chat:<model> or local:<model>', {
          min: 16,
          fallbackText: '8192, and at most a quarter of its context',
        }),
      },
      'for a model behind a server: add --policy chat:<model>',
    ),
  ),
  ...inGroup(
    'Search',
    ofPolicy(
      {
        mmproj: text('<file>', 'of local:<file.gguf>: the GGUF file with which it sees', {
          fallbackText: 'one beside it',
        }),
        context: whole('tokens of one conversation with local:<model>', {
          min: 1024,
          fallbackText: '32768, or what memory allows',
        }),
        threads: whole('processor threads of local:<model>', { min: 1, max: 1024, fallbackText: 'all' }),
      },
      'for a model in a file: add --policy local:<model>',
    ),
  ),
}

export const modelFilesOption = {
  modelFiles: text(
    '<place>',
    'tinker: files of a Qwen vision-language model: a folder with its tokenizer, or hub:<owner>/<name> to download it',
  ),
}

/** What a training server is asked for, beside its address and key. */
export const tinkerServerOptions = {
  baseModel: text('<name>', 'tinker: the server’s model to use', { fallbackText: 'its only one' }),
  tinkerServer: oneOf('<kind>', 'tinker: its kind (default: detected)', tinkerKindNames),
  loraRank: whole('tinker: rank of the adapter; 0 trains all weights', { min: 0, max: 1024 }),
}

/** Beside those of an OpenAI-compatible server, whose address and key they share. */
export const tinkerPolicyOptions = inGroup(
  'Server',
  ofPolicy({ ...modelFilesOption, ...tinkerServerOptions }, 'for a model on a Tinker server: add --policy tinker'),
)
