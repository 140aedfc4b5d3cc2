/** `--base-url`, `--api-key-env` and `--server`: where a model is. */
import type { Command } from 'commander'
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import { choice, wholeNumber } from './common.ts'

export function endpointOptions(command: Command): Command {
  return command
    .option('--base-url <url>', 'OpenAI-compatible server of chat:<model>, such as http://127.0.0.1:8000/v1')
    .option('--api-key-env <name>', 'environment variable that holds its key')
    .addOption(choice('--server <kind>', 'its kind (default: found out)', serverKindNames))
    .option('--reply-seconds <n>', 'seconds that one reply may take (default: 600)', wholeNumber(1, 86_400))
}
