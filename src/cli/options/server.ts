/** `--base-url` and its like: the server that a model is behind. */
import { serverKindNames } from '../../endpoint/server-kinds.ts'
import { inGroup, oneOf, text, whole } from './schema.ts'

export const serverOptions = inGroup('Server', {
  baseUrl: text('<url>', 'OpenAI-compatible server of chat:<model>, such as http://127.0.0.1:8000/v1'),
  apiKeyEnv: text('<name>', 'environment variable that holds its API key'),
  server: oneOf('<kind>', 'its kind (default: detected)', serverKindNames),
  replySeconds: whole('timeout of one reply, in seconds', { min: 1, max: 86_400, fallbackText: '600' }),
})
