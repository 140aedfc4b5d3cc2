/** The registry of policies as data: names, options, profiles, and how their results are reported. Pure. */
import { readablePx } from '../../model/language.ts'
import { keysOf } from '../../shared/fields.ts'

/** Options besides `--policy`, by value name. */
type PolicyOptionName =
  | 'checkpoint'
  | 'temperature'
  | 'baseUrl'
  | 'apiKeyEnv'
  | 'server'
  | 'replySeconds'
  | 'replyTokens'
  | 'modelFiles'
  | 'baseModel'
  | 'tinkerServer'
  | 'loraRank'
  | 'mistakeRate'
  | 'exemplars'
  | 'shots'
  | 'mmproj'
  | 'context'
  | 'threads'

export interface PolicyKind {
  /** The commands that accept it. */
  readonly commands: readonly ('ask' | 'collect' | 'eval')[]
  /** Whether its name is followed by a colon and a model name. */
  readonly namesModel?: true
  /** Whether it is a vision-language model, which takes any question, picture and profile. */
  readonly vlm: boolean
  /** Its default profile. */
  readonly profile: 'default' | 'official' | 'embedded'
  /** The options that affect it; the command line refuses others. */
  readonly options: readonly PolicyOptionName[]
  /** Example addresses for the error if the address is missing; absent if it needs none. */
  readonly servers?: string
  /** Whether a server bills its tokens, under its model name. */
  readonly priced?: true
  /** Whether image tokens are estimated (on the grid of Qwen2.5-VL), because its server does not report them. */
  readonly imageTokensEstimated?: true
  /** The shorter side, in pixels of a view, from which a target counts as legible, and the reason. */
  readonly legible: { readonly px: number; readonly why: string }
  /** Which pictures and questions it takes, for people and for calling models. */
  readonly note: string
}

const scenesOnly =
  'The embedded policy only knows generated scenes and "Which digit is on the <colour> <shape>?": for any other picture its answer is meaningless.'
const embedded = {
  vlm: false,
  profile: 'embedded',
  legible: { px: readablePx, why: 'from where on the embedded policy reads digits well' },
  note: scenesOnly,
} as const
/** Nothing is measured for large models: a smaller target covers less than one token. */
const tokenSide = { px: 28, why: 'the side of an image token of Qwen2.5-VL' } as const

/** In the order of the help. */
export const policyKinds = {
  teacher: {
    ...embedded,
    commands: ['collect'],
    options: ['mistakeRate'],
    note: 'A script that knows generated scenes.',
  },
  embedded: { ...embedded, commands: ['ask', 'eval'], options: ['checkpoint', 'temperature'] },
  chat: {
    commands: ['ask', 'collect', 'eval'],
    namesModel: true,
    vlm: true,
    profile: 'default',
    options: [
      ...(['temperature', 'baseUrl', 'apiKeyEnv', 'server', 'replySeconds', 'replyTokens'] as const),
      ...(['exemplars', 'shots'] as const),
    ],
    servers:
      'such as http://127.0.0.1:8000/v1 (vLLM), http://127.0.0.1:11434/v1 (Ollama), http://127.0.0.1:8080/v1 (llama.cpp) ' +
      'or https://api.openai.com/v1',
    priced: true,
    legible: tokenSide,
    imageTokensEstimated: true,
    note: 'A model behind a server: accepts any picture and question.',
  },
  local: {
    commands: ['ask', 'collect', 'eval'],
    namesModel: true,
    vlm: true,
    profile: 'default',
    options: ['temperature', 'replyTokens', 'exemplars', 'shots', 'mmproj', 'context', 'threads'],
    legible: tokenSide,
    imageTokensEstimated: true,
    note: 'A model in a GGUF file, in this program: accepts any picture and question.',
  },
  tinker: {
    commands: ['eval'],
    vlm: true,
    // Models on a Tinker server were trained under the released loop.
    profile: 'official',
    options: [
      ...(['checkpoint', 'temperature', 'baseUrl', 'apiKeyEnv', 'replyTokens'] as const),
      ...(['modelFiles', 'baseModel', 'tinkerServer', 'loraRank'] as const),
    ],
    legible: tokenSide,
    servers: 'the address of a Tinker-compatible server, such as http://127.0.0.1:8000',
    note: 'A model on a training server: accepts any picture and question.',
  },
  blind: { ...embedded, commands: ['eval'], options: [], note: 'Guesses without looking.' },
  overview: { ...embedded, commands: ['eval'], options: ['checkpoint', 'temperature'] },
  // Optionally with a model, such as random-crops:chat:<model>; the default is the embedded policy.
  'random-crops': { ...embedded, commands: ['eval'], options: ['checkpoint', 'temperature'] },
} as const satisfies Record<string, PolicyKind>

export type PolicyKindName = keyof typeof policyKinds

/** How a kind is written on the command line: `embedded`, or `chat:<model>`. */
export function policyForm(name: PolicyKindName): string {
  const { namesModel }: PolicyKind = policyKinds[name]
  return namesModel ? `${name}:<model>` : name
}

/** Stands for the best available policy, in commands that ask questions (`ask`); replaced before a policy is opened. */
export const autoPolicy = 'auto'

/** The forms that a command accepts. */
export function policyForms(command: PolicyKind['commands'][number]): string[] {
  return kindNames.filter((name) => isFor(policyKinds[name], command)).map(policyForm)
}

export interface NamedPolicy {
  readonly kindName: PolicyKindName
  readonly kind: PolicyKind
  /** The part after the colon, or empty. */
  readonly model: string
}

/** Parses a policy name from the command line or a trajectory (`chat:qwen`); undefined if it is unknown. */
export function policyNamed(policy: string): NamedPolicy | undefined {
  const [, name = '', model = ''] = /^([a-z-]+)(?::(.*))?$/s.exec(policy) ?? []
  const kindName = kindNames.find((one) => one === name)
  if (kindName !== 'random-crops' || model === '') return kindName && { kindName, kind: policyKinds[kindName], model }
  const kind = kindLookedAround(model)
  return kind && { kindName, kind, model }
}

/** The policy whose turns random crops use, and whose options they therefore accept. */
function kindLookedAround(policy: string): PolicyKind | undefined {
  const { kindName, kind } = policyNamed(policy) ?? {}
  return kind?.namesModel && kindName !== 'random-crops' ? { ...kind, commands: ['eval'] } : undefined
}

export function isFor({ commands }: PolicyKind, command: PolicyKind['commands'][number]): boolean {
  return commands.includes(command)
}

/** Unknown policies, and baselines of the embedded policy, use its value. */
export function legibleFor(policy: string): PolicyKind['legible'] {
  return (policyNamed(policy)?.kind ?? policyKinds.embedded).legible
}

/** The model name under which a server bills the policy, or undefined. */
export function pricedModel(policy: string): string | undefined {
  const { kindName, kind, model = '' } = policyNamed(policy) ?? {}
  return kindName === 'random-crops' ? pricedModel(model) : kind?.priced && model
}

const kindNames = keysOf(policyKinds)
