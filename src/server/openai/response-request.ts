/** Converts a Responses API request to the equivalent chat request. Pure. */
import { z } from 'zod'
import { readChatRequest } from './chat-request.ts'
import type { ChatRequest } from './chat-request.ts'
import { HttpError } from '../http/http-error.ts'
import { shaped } from '../http/shaped.ts'

const itemSchema = z.looseObject({
  type: z.string().nullish(),
  role: z.string().nullish(),
  content: z.unknown().optional(),
})
const nothingStored = 'nothing is stored between requests: send the whole conversation as input'

const requestSchema = z.looseObject({
  input: z.union([z.string(), z.array(itemSchema)], 'has to be text, or a list of messages'),
  instructions: z.string().nullish(),
  max_output_tokens: z.unknown().optional(),
  text: z
    .looseObject({
      format: z
        .looseObject({ type: z.literal('text', 'responses are plain text here: leave it out, and parse the text') })
        .nullish(),
    })
    .nullish(),
  previous_response_id: z.null(nothingStored).optional(),
  conversation: z.null(nothingStored).optional(),
  background: z.union([z.literal(false), z.null()], 'is not supported: use stream').optional(),
})

/** Throws `HttpError` 400, which names the field. */
export function readResponseRequest(body: unknown): ChatRequest {
  const { input, instructions, max_output_tokens: maxTokens, ...same } = shaped(requestSchema, body)
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input
  return readChatRequest({
    ...same,
    messages: [...(instructions ? [{ role: 'system', content: instructions }] : []), ...items.flatMap(messageOf)],
    max_tokens: maxTokens,
    // Only chat completions have these.
    n: undefined,
    response_format: undefined,
  })
}

/** Function calls and their results become empty messages; reasoning items are dropped. */
function messageOf({ type, role, content }: z.infer<typeof itemSchema>): object[] {
  if (type === 'reasoning') return []
  if (type === 'item_reference')
    throw new HttpError(400, 'invalid_request', `input: ${nothingStored}.`, { param: 'input' })
  return [role === undefined || role === null ? { role: 'tool', content: null } : { role, content }]
}
