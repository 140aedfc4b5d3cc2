/** The policies that there are, as data: how each is named, what it can be asked, and how its figures are told. Pure. */
import { readablePx } from '../../model/language.ts'
import { keysOf } from '../../shared/fields.ts'

/** Options beside `--policy`, by their names as values. */
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
  /** The commands that can search with it. */
  readonly commands: readonly ('ask' | 'collect' | 'eval')[]
  /** Its name is followed by a colon and the name of a model. */
  readonly namesModel?: true
  /** A vision-language model: it takes any question about any picture, under any profile. Others keep to their own. */
  readonly vlm: boolean
  /** The profile unless another is named. */
  readonly profile: 'default' | 'official' | 'embedded'
  /** The options that have an effect on it; `policyOf` refuses no others, the command line does. */
  readonly options: readonly PolicyOptionName[]
  /** Servers that it could be at, for whoever left the address out; absent: it needs none. */
  readonly servers?: string
  /** A server bills it by tokens, under the name of its model. */
  readonly priced?: true
  /** Its server does not say which tokens are pictures: they are counted on the grid of Qwen2.5-VL, whatever the model. */
  readonly imageTokensEstimated?: true
  /** From how many pixels of a view on, along its shorter side, a target counts as shown legibly, and why from there. */
  readonly legible: { readonly px: number; readonly why: string }
  /** What it takes, for people and for models that call it. */
  readonly note: string
}

const scenesOnly =
  'It only knows generated scenes and "Which digit is on the <colour> <shape>?": about any other picture its answer means nothing.'
const embedded = {
  vlm: false,
  profile: 'embedded',
  legible: { px: readablePx, why: 'from where on the embedded policy reads digits well' },
  note: scenesOnly,
} as const
/** No figure is measured for large models: below it, a target has less than a token of its own. */
const tokenSide = { px: 28, why: 'the side of an image token of Qwen2.5-VL' } as const

/** In the order in which help lists them. */
export const policyKinds = {
  teacher: { ...embedded, commands: ['collect'], options: ['mistakeRate'], note: 'Knows generated scenes by heart.' },
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
    note: 'A model behind a server: takes any picture and question.',
  },
  local: {
    commands: ['ask', 'collect', 'eval'],
    namesModel: true,
    vlm: true,
    profile: 'default',
    options: ['temperature', 'replyTokens', 'exemplars', 'shots', 'mmproj', 'context', 'threads'],
    legible: tokenSide,
    imageTokensEstimated: true,
    note: 'A model in a GGUF file, in this program: takes any picture and question.',
  },
  tinker: {
    commands: ['eval'],
    vlm: true,
    // What is sampled on a Tinker server was trained under the released loop.
    profile: 'official',
    options: [
      ...(['checkpoint', 'temperature', 'baseUrl', 'apiKeyEnv', 'replyTokens'] as const),
      ...(['modelFiles', 'baseModel', 'tinkerServer', 'loraRank'] as const),
    ],
    legible: tokenSide,
    servers: 'the address of a Tinker-compatible server, such as http://127.0.0.1:8000',
    note: 'A model on a training server: takes any picture and question.',
  },
  blind: { ...embedded, commands: ['eval'], options: [], note: 'Guesses without looking.' },
  overview: { ...embedded, commands: ['eval'], options: ['checkpoint', 'temperature'] },
  // Behind a colon a model whose zooms go anywhere, such as random-crops:chat:<model>; else the embedded policy's do.
  'random-crops': { ...embedded, commands: ['eval'], options: ['checkpoint', 'temperature'] },
} as const satisfies Record<string, PolicyKind>

export type PolicyKindName = keyof typeof policyKinds

/** How a kind is typed: `embedded`, or `chat:<model>`. */
export function policyForm(name: PolicyKindName): string {
  const { namesModel }: PolicyKind = policyKinds[name]
  return namesModel ? `${name}:<model>` : name
}

/** The forms that a command takes. */
export function policyForms(command: PolicyKind['commands'][number]): string[] {
  return kindNames.filter((name) => isFor(policyKinds[name], command)).map(policyForm)
}

export interface NamedPolicy {
  readonly kindName: PolicyKindName
  readonly kind: PolicyKind
  /** Behind the colon; empty where none is. */
  readonly model: string
}

/** What a name says, as it is typed or as a trajectory keeps it (`chat:qwen`); undefined: it is none of these. */
export function policyNamed(policy: string): NamedPolicy | undefined {
  const [, name = '', model = ''] = /^([a-z-]+)(?::(.*))?$/s.exec(policy) ?? []
  const kindName = kindNames.find((one) => one === name)
  if (kindName !== 'random-crops' || model === '') return kindName && { kindName, kind: policyKinds[kindName], model }
  const kind = kindLookedAround(model)
  return kind && { kindName, kind, model }
}

/** Random crops take a model's turns: what can be asked of it can be asked of them. */
function kindLookedAround(policy: string): PolicyKind | undefined {
  const { kindName, kind } = policyNamed(policy) ?? {}
  return kind?.namesModel && kindName !== 'random-crops' ? { ...kind, commands: ['eval'] } : undefined
}

export function isFor({ commands }: PolicyKind, command: PolicyKind['commands'][number]): boolean {
  return commands.includes(command)
}

/** Baselines of the embedded policy, and policies of others, are measured as it is. */
export function legibleFor(policy: string): PolicyKind['legible'] {
  return (policyNamed(policy)?.kind ?? policyKinds.embedded).legible
}

/** The name under which a server bills the policy; undefined: none does. */
export function pricedModel(policy: string): string | undefined {
  const { kindName, kind, model = '' } = policyNamed(policy) ?? {}
  return kindName === 'random-crops' ? pricedModel(model) : kind?.priced && model
}

const kindNames = keysOf(policyKinds)
