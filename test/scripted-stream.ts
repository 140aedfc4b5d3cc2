/** A completion as a stream of chunks, as servers send it: thinking, then text, then calls, a few characters at a time. */
import type { ServerResponse } from 'node:http'

interface Completion {
  readonly choices: readonly {
    readonly message: {
      readonly content: string | null
      readonly reasoning_content?: string
      readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[]
    }
    readonly [name: string]: unknown
  }[]
  readonly usage?: object
}

/** The chunks of `streamCompletion`, and `[DONE]`. */
export function streamedText({ choices, usage, ...head }: Completion, pieceLength = 7): string {
  const [{ message, ...choice }] = choices as [Completion['choices'][0]]
  const open = { ...choice, finish_reason: null, stop_reason: null }
  const chunk = (delta: object, more: object = open): object => ({ ...head, choices: [{ ...more, delta }] })
  const calls = (message.tool_calls ?? []).flatMap(({ function: called, ...call }, index) => [
    { index, ...call, function: { ...called, arguments: '' } },
    ...cut(called.arguments, pieceLength).map((piece) => ({ index, function: { arguments: piece } })),
  ])
  const chunks = [
    chunk({ role: 'assistant', content: '' }),
    ...cut(message.reasoning_content ?? '', pieceLength).map((piece) => chunk({ reasoning_content: piece })),
    ...cut(message.content ?? '', pieceLength).map((piece) => chunk({ content: piece })),
    ...calls.map((call) => chunk({ tool_calls: [call] })),
    chunk({}, choice),
    { ...head, choices: [], usage },
  ]
  return `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`
}

/** `pause`: what is awaited in the middle of the stream. */
export async function streamCompletion(
  response: ServerResponse,
  completion: Completion,
  pause?: Promise<void>,
): Promise<void> {
  const text = streamedText(completion)
  const half = pause === undefined ? 0 : text.indexOf('\n\n', text.length / 2) + 2
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  if (half > 0) response.write(text.slice(0, half))
  await pause
  response.end(text.slice(half))
}

function cut(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, at) => text.slice(at * length, (at + 1) * length))
}
