/** `--base-url` and its related options: the server of a model. */
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import { inGroup, oneOf, text, whole } from './schema.ts'

export const serverOptions = inGroup('Server', {
  baseUrl: text('<url>', 'base URL of the OpenAI-compatible server of chat:<model>, such as http://127.0.0.1:8000/v1'),
  apiKeyEnv: text('<name>', 'environment variable that holds the API key'),
  server: oneOf('<kind>', 'kind of server (default: detected)', serverKindNames),
  replySeconds: whole('timeout of one reply, in seconds', { min: 1, max: 86_400, fallbackText: '600' }),
})
