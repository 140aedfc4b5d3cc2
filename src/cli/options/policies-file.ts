/** Reads `serve --policies <file>` and `mini-o3.yaml`: a list of models, each with command-line options. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { parse } from 'yaml'
import { policyForm, policyNamed } from '../../policy/registry/kinds.ts'
import { checkPolicy } from '../../policy/registry/open-policy.ts'
import type { PolicyOptions } from '../../policy/registry/open-policy.ts'
import { UserError } from '../../shared/errors.ts'
import { addOptions, checkEffects } from './command.ts'
import { policyOptions } from './policy.ts'
import { maxPixelsOption, profileOptions } from './profile.ts'
import { whyNoYaml } from './why-no-yaml.ts'
import type { ProfileOptions } from './profile.ts'

export type PolicyEntry = PolicyOptions & ProfileOptions

const entryOptions = (temperature: number) => ({
  ...policyOptions('ask', temperature),
  ...profileOptions,
  ...maxPixelsOption,
})

/**
 * Reads a YAML (or JSON) list such as `- { policy: "chat:qwen", base-url: "http://127.0.0.1:8000/v1", api-key-env: VLM_KEY }`.
 * It never contains a key, only the name of its environment variable. Throws `UserError` that names the entry.
 */
export function readPolicies(path: string, temperature: number): PolicyEntry[] {
  let list: unknown
  try {
    list = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 })
  } catch (cause) {
    throw new UserError('policies-unreadable', `${path} cannot be read: ${whyNoYaml(cause)}.`, { cause })
  }
  if (!Array.isArray(list)) {
    throw new UserError('policies-no-list', `${path} has to be a list: "- policy: chat:<model>" and so on.`)
  }
  const entries = list.map((entry: unknown, index) => readEntry(entry, `${path}, entry ${index + 1}`, temperature))
  const twice = entries.find(({ policy }, index) => entries.findIndex((one) => one.policy === policy) < index)
  if (twice === undefined) return entries
  throw new UserError('policy-twice', `${path} lists ${twice.policy} twice. Remove one of the entries.`)
}

/** Applies the same rules as the command line. */
function readEntry(entry: unknown, where: string, temperature: number): PolicyEntry {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new UserError('policies-no-entry', `${where}: has to name its options, such as "policy: chat:<model>".`)
  }
  const line = Object.entries(entry).map(([name, value]) => `--${name}=${String(value)}`)
  const command = addOptions(new Command(), entryOptions(temperature))
  try {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parse(line, { from: 'user' })
    checkEffects(command)
    const read = command.opts<PolicyEntry>()
    // The embedded policy is always available and needs no entry.
    if (policyNamed(read.policy)?.kind.vlm !== true) {
      const forms = [policyForm('chat'), policyForm('local')]
      throw new UserError('policy-unknown', `--policy ${read.policy} is not one of ${forms.join(', ')}.`)
    }
    checkPolicy(read, 'ask')
    return read
  } catch (error) {
    if (!(error instanceof CommanderError) && !(error instanceof UserError)) throw error
    throw new UserError('policies-wrong-entry', `${where}: ${error.message.replace(/^error: /, '')}`, { cause: error })
  }
}
