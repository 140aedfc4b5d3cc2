/** Opens a policy from its name and options, and provides the settings that a run stores. */
import type { Endpoint } from '../../endpoint/endpoint.ts'
import { openModel } from '../../endpoint/open-model.ts'
import type { ServerOptions } from '../../endpoint/open-model.ts'
import type { TinkerKindName } from '../../engine/tinker/server-kinds.ts'
import { weightsHash } from '../../engine/weights-hash.ts'
import { sceneOf } from '../../probe/problem.ts'
import { findLocalModel } from '../../hub/local-model.ts'
import { knownModels } from '../../hub/known-models.ts'
import { fingerprint } from '../../local/fingerprint.ts'
import { openLocal } from '../../local/open-local.ts'
import type { OpenedLocal } from '../../local/open-local.ts'
import type { Problem } from '../../protocol/problem.ts'
import { profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import { UserError } from '../../shared/errors.ts'
import { defined } from '../../shared/known.ts'
import { blindPolicy } from '../baseline/blind.ts'
import { overviewPolicy } from '../baseline/overview.ts'
import { randomCropsPolicy } from '../baseline/random-crops.ts'
import { chatPolicy } from '../chat/chat-policy.ts'
import type { ChatPolicyOptions } from '../chat/chat-policy.ts'
import { embeddedPolicy, shippedCheckpoint } from '../embedded/embedded-policy.ts'
import { checkQuestion } from '../embedded/sampler-policy.ts'
import type { Policy } from '../policy.ts'
import { openTinkerPolicy } from '../sampler/open-tinker-policy.ts'
import { teacherPolicy } from '../teacher/teacher.ts'
import { autoPolicy, isFor, policyForm, policyForms, policyNamed } from './kinds.ts'
import type { NamedPolicy, PolicyKind, PolicyKindName } from './kinds.ts'
import { keysOf } from '../../shared/fields.ts'

export interface PolicyOptions extends ServerOptions {
  readonly policy: string
  readonly temperature: number
  readonly checkpoint?: string | undefined
  readonly replyTokens?: number
  readonly modelFiles?: string
  readonly baseModel?: string
  readonly tinkerServer?: TinkerKindName
  readonly loraRank?: number
  readonly mistakeRate?: number
  readonly mmproj?: string
  readonly context?: number
  readonly threads?: number
  /** Searches in parallel. */
  readonly concurrency?: number
}

type Shots = ChatPolicyOptions['shots']

interface Opener {
  /** Everything that affects its behaviour, for the run's configuration: weights by hash, never a key. */
  settings(options: PolicyOptions): object | Promise<object>
  open(options: PolicyOptions, profile: Profile, shots: Shots): Policy | Promise<Policy>
  /** Throws `UserError` for a problem that it cannot search. Absent if it takes any. */
  check?(problem: Problem): unknown
}

const embedded: Opener = {
  settings: async ({ policy, checkpoint = shippedCheckpoint, temperature }) => ({
    policy,
    checkpoint: await weightsHash(checkpoint),
    temperature,
  }),
  open: embeddedPolicy,
  check: checkQuestion,
}

const openers: Readonly<Record<PolicyKindName, Opener>> = {
  embedded,
  overview: { ...embedded, open: async (options) => overviewPolicy(await embeddedPolicy(options)) },
  'random-crops': {
    settings: async (options) => ({ ...(await policySettings(lookedAround(options))), policy: options.policy }),
    open: openRandomCrops,
  },
  blind: {
    settings: ({ policy }) => ({ policy }),
    open: () => blindPolicy([...'0123456789']),
  },
  teacher: {
    settings: ({ policy, mistakeRate }) => ({ policy, mistakeRate }),
    open: ({ mistakeRate }) => teacherPolicy({ sceneOf, mistakeRate }),
    check: sceneOf,
  },
  chat: {
    settings: ({ policy, baseUrl, temperature, replyTokens }) => ({ policy, baseUrl, temperature, replyTokens }),
    open: openChatPolicy,
  },
  local: {
    settings: async ({ policy, mmproj, temperature, replyTokens, context }) => {
      const files = await findLocalModel(policyNamed(policy)?.model ?? '', mmproj)
      return { policy, checkpoint: await fingerprint([files.model, files.mmproj]), temperature, replyTokens, context }
    },
    open: openChatPolicy,
  },
  tinker: {
    settings: async ({ policy, baseModel, loraRank, checkpoint, temperature, replyTokens }) => ({
      policy,
      baseModel,
      loraRank,
      weights: await weightsHash(checkpoint),
      temperature,
      replyTokens,
    }),
    open: (options, profile) =>
      openTinkerPolicy({ ...options, baseUrl: defined(options.baseUrl, '--base-url') }, profile),
  },
}

/** Throws `UserError` for a name that the command does not accept or that is incomplete, before anything is loaded. */
export function checkPolicy(
  { policy, baseUrl }: Pick<PolicyOptions, 'policy' | 'baseUrl'>,
  command: PolicyKind['commands'][number],
): NamedPolicy {
  const named = policyNamed(policy)
  if (named === undefined || !isFor(named.kind, command) || (named.model !== '' && !named.kind.namesModel)) {
    const forms = [...policyForms(command), ...(command === 'ask' ? [autoPolicy] : [])]
    throw new UserError('policy-unknown', `--policy ${policy} is not one of ${forms.join(', ')}.`)
  }
  const { kind, kindName, model } = named
  if (kindName === 'random-crops' && model !== '')
    checkPolicy({ policy: model, ...(baseUrl !== undefined && { baseUrl }) }, command)
  if (kind.namesModel && (model === '' || policy === policyForm(kindName))) {
    throw new UserError(
      'policy-no-model',
      kindName === 'local'
        ? `--policy ${policy} names no model. Put a GGUF file after the colon, or a model from \`mini-o3 models list\`.`
        : `--policy ${policy} names no model. Put its name after the colon: \`mini-o3 doctor --base-url <url>\` lists the models of a server.`,
    )
  }
  if (kind.servers !== undefined && baseUrl === undefined) {
    throw new UserError('base-url-missing', `--policy ${policy} needs --base-url, ${kind.servers}.`)
  }
  return named
}

/** The settings that a run stores, so that it is never resumed with another policy. */
export async function policySettings(options: PolicyOptions): Promise<object> {
  return openerOf(options).settings(options)
}

/** Throws `UserError` for a problem that the policy cannot search. */
export function checkProblem(options: Pick<PolicyOptions, 'policy'>, problem: Problem): void {
  openerOf(lookedAround(options)).check?.(problem)
}

/** Opens the policy; close it when done. `shots` only apply to models behind a server. */
export async function openPolicy(options: PolicyOptions, profile: Profile, shots?: Shots): Promise<Policy> {
  return openerOf(options).open(options, profile, shots)
}

/** The default profile of a policy: that of a known model, or of its kind. */
export function usualProfile({ policy }: Pick<PolicyOptions, 'policy'>): keyof typeof profiles {
  const { kindName, kind, model } = policyNamed(policy) ?? {}
  const known = kindName === 'local' ? knownModels.find(({ name }) => name === model)?.profile : undefined
  return profileNames.find((name) => name === known) ?? kind?.profile ?? 'default'
}

const profileNames = keysOf(profiles)

/** For a name that was checked before. */
export function policyKindOf({ policy }: Pick<PolicyOptions, 'policy'>): PolicyKind | undefined {
  return policyNamed(policy)?.kind
}

function openerOf({ policy }: Pick<PolicyOptions, 'policy'>): Opener {
  const named = policyNamed(policy)
  if (named === undefined) throw new UserError('policy-unknown', `There is no policy ${policy}.`)
  return openers[named.kindName]
}

/** For random crops, the policy whose turns they use; others unchanged. */
function lookedAround<Options extends Pick<PolicyOptions, 'policy'>>(options: Options): Options {
  const { kindName, model } = policyNamed(options.policy) ?? {}
  return kindName === 'random-crops' ? { ...options, policy: model || 'embedded' } : options
}

async function openRandomCrops(options: PolicyOptions, profile: Profile, shots: Shots): Promise<Policy> {
  if (profile.dialect !== 'grounding' || profile.coordinates !== 'relative') {
    throw new UserError(
      'random-crops-profile',
      `Random crops are written as <grounding> in fractions, which the profile ${profile.name} does not support. Use --profile default without --coordinates.`,
    )
  }
  return randomCropsPolicy(await openPolicy(lookedAround(options), profile, shots))
}

const longestReply = 8192

async function openChatPolicy(options: PolicyOptions, profile: Profile, shots: Shots): Promise<Policy> {
  return (await openModelOf(options, profile)).policy(profile, shots)
}

/** An open model of `chat:<model>` or `local:<model>`. */
export interface OpenedModel {
  readonly endpoint: Endpoint
  /** Its id there. */
  readonly model: string
  /** Its policy under a profile. Closing it closes the endpoint. */
  policy(profile: Profile, shots?: Shots): Policy
}

/** For callers that test the model first. `profile` gives the size of views, which the context of a local model depends on. */
export async function openModelOf(options: PolicyOptions, profile: Profile): Promise<OpenedModel> {
  const { policy: name, temperature, replyTokens } = options
  const { kindName, model: named } = defined(policyNamed(name), name)
  const opened = kindName === 'local' ? await openFile(named, options, profile) : await openModel(options, named)
  const { endpoint, model } = opened
  const quarter = Math.floor((model.contextLength ?? Number.POSITIVE_INFINITY) / 4)
  const maxTokens = replyTokens ?? Math.min(longestReply, quarter)
  const about = 'about' in opened ? { about: opened.about } : {}
  return {
    endpoint,
    model: model.id,
    policy: (under, shots) => ({
      ...chatPolicy({ endpoint, model: model.id, profile: under, temperature, maxTokens, shots }),
      ...about,
      name,
      close: async () => endpoint.close(),
    }),
  }
}

async function openFile(name: string, options: PolicyOptions, profile: Profile): Promise<OpenedLocal> {
  const { context, threads, concurrency: searches } = options
  const { model, mmproj } = await findLocalModel(name, options.mmproj)
  const views = [profile.firstView, profile.observationView]
  const viewPixels = Math.max(
    ...views.map((rule) => (rule.kind === 'exact' ? rule.width * rule.height : rule.maxPixels)),
  )
  return openLocal({ model, mmproj, context, threads, searches, viewPixels })
}
