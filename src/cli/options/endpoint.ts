/** `--base-url`, `--api-key-env` and `--server`: where a model is, opened and asked whether it has that model. */
import type { Command } from 'commander'
import type { Endpoint, ModelInfo } from '../../endpoint/endpoint.ts'
import { nearestNames } from '../../endpoint/nearest.ts'
import { openEndpoint } from '../../endpoint/open-endpoint.ts'
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import type { ServerKindName } from '../../endpoint/server-kinds.ts'
import { UserError } from '../../shared/errors.ts'
import { choice, wholeNumber } from './common.ts'

export interface EndpointOptions {
  readonly baseUrl?: string
  readonly apiKeyEnv?: string
  readonly server?: ServerKindName
  /** Seconds that one reply may take. */
  readonly replySeconds?: number
}

export function endpointOptions(command: Command): Command {
  return command
    .option('--base-url <url>', 'OpenAI-compatible server of chat:<model>, such as http://127.0.0.1:8000/v1')
    .option('--api-key-env <name>', 'environment variable that holds its key')
    .addOption(choice('--server <kind>', 'its kind (default: found out)', serverKindNames))
    .option('--reply-seconds <n>', 'seconds that one reply may take (default: 600)', wholeNumber(1, 86_400))
}

/** Opens the endpoint; close it when done. Throws `UserError` when it has no such model. */
export async function openModel(
  options: EndpointOptions,
  id: string,
): Promise<{ endpoint: Endpoint; model: ModelInfo }> {
  const { baseUrl, apiKeyEnv, server: kind, replySeconds } = options
  const timeoutMs = replySeconds === undefined ? undefined : replySeconds * 1000
  const endpoint = await openEndpoint({ baseUrl: baseUrl!, apiKeyEnv, kind, timeoutMs })
  const { models } = endpoint
  const model = models.find((listed) => listed.id === id)
  if (model !== undefined || models.length === 0) return { endpoint, model: model ?? { id } }
  endpoint.close()
  const names = nearestNames(
    id,
    models.map((listed) => listed.id),
  )
  throw new UserError(
    'model-unknown',
    `${baseUrl} has no model "${id}". Its ${models.length === 1 ? 'only one is' : 'nearest are'} ${names.join(', ')}.`,
  )
}
