/** What the test server answers, and how it reads what it is sent. */
import { access } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { BadRequest } from './tinker-model.ts'

export interface Answer {
  readonly status: number
  readonly json?: unknown
  readonly protobuf?: Uint8Array
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

export function trained({ logprobs }: { readonly logprobs: readonly number[][] }): object {
  return {
    loss_fn_output_type: 'ArrayRecord',
    loss_fn_outputs: logprobs.map((data) => ({ logprobs: { data, dtype: 'float32', shape: [data.length] } })),
    metrics: { 'num_sequences:sum': logprobs.length },
  }
}

/** The bill, within whole hours and two weeks at most. */
export function billed(query: URLSearchParams, bill: readonly object[] | undefined): Answer {
  if (bill === undefined) return { status: 403, json: { detail: 'not of your role' } }
  const [from, to] = ['starting_on', 'ending_before'].map((name) => Date.parse(query.get(name) ?? ''))
  const isAllowed = from! % 3_600_000 === 0 && to! % 3_600_000 === 0 && to! - from! <= 14 * 86_400_000
  if (!isAllowed) return { status: 422, json: { detail: `a window from ${from} to ${to}` } }
  return { status: 200, json: { data: bill, sessions: {}, cost_data_through: null } }
}

/** Where the checkpoint of an address lies. */
export function checkpointIn(folder: string, path: string): string {
  const match = /^tinker:\/\/([\w-]+)\/(weights|sampler_weights)\/([\w-]+)$/.exec(path)
  if (!match) throw new BadRequest(`no checkpoint address: ${path}`)
  return join(folder, match[1]!, match[2]!, `${match[3]}.safetensors`)
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
