/**
 * One file of the hub, into a part file that a later try goes on with, and whole only once its hash is the one that the hub states.
 * No `If-Range` is sent: the stores behind the hub tag the same bytes differently, so that would throw parts away, and a part is
 * named after the hash of its whole, so the parts of two versions never meet.
 */
import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { retryAfterMs, withRetries, worthAnotherTry } from '../endpoint/exchange/retry.ts'
import type { Tried } from '../endpoint/exchange/retry.ts'
import { AbortedError, MiniO3Error, throwIfAborted, TransportError } from '../shared/errors.ts'
import { bytesText } from '../shared/bytes.ts'
import { unwritable } from '../shared/unwritable.ts'
import { fileUrl } from './listing.ts'
import type { RemoteFile } from './listing.ts'
import { hubRefusal } from './refusal.ts'
import type { Repository } from './repository.ts'
import { asTransportError, patience, request } from './request.ts'
import type { HubReply } from './request.ts'
import type { HubSettings } from './settings.ts'

export interface DownloadOptions {
  readonly hub: HubSettings
  readonly repository: Repository
  readonly commit: string
  readonly signal?: AbortSignal | undefined
  /** How much of the file is there, and what it waits for. */
  readonly onBytes: (bytes: number, note?: string) => void
}

/** Leaves the whole file at `part`, checked. Throws with the part kept, unless its bytes turned out to be wrong. */
export async function downloadFile(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  const resumed = (await bytesAt(part)) > 0
  await fetchWhole(file, part, options)
  options.onBytes(file.bytes, `checking ${file.path}`)
  if (await hasHash(part, file, options.signal)) return
  await rm(part, { force: true })
  // What was left of an earlier try may have been spoilt on this disk.
  if (resumed) return downloadFile(file, part, options)
  throw new MiniO3Error(
    'hub-hash',
    `${file.path} of ${options.repository.id} does not match the hub's hash, and was deleted. Repeat the command; ` +
      'if it happens again, a proxy or a mirror (HF_ENDPOINT) changes the file.',
  )
}

/** Bytes of a part; 0: there is none. */
export async function bytesAt(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function fetchWhole(file: RemoteFile, part: string, options: DownloadOptions): Promise<void> {
  const handle = await openPart(part)
  try {
    let have = (await handle.stat()).size
    if (have > file.bytes) have = 0
    let furthest = have
    const attempt = async (): Promise<Tried<void>> => {
      const fetched = await fetchFrom(have, file, { path: part, handle }, options)
      ;({ have } = fetched)
      // Cut off again and again, it still gets there, as long as each try goes further than all before.
      if (fetched.failure !== undefined && have <= furthest) return fetched.failure
      furthest = have
      return { result: undefined }
    }
    const onRetry = (): void => options.onBytes(have, 'the hub is busy or unreachable: retrying')
    while (have < file.bytes) await withRetries(attempt, { ...patience, signal: options.signal, onRetry })
    await onDisk(part, async () => {
      await handle.truncate(file.bytes)
      await handle.datasync()
    })
  } finally {
    await handle.close()
  }
}

interface Part {
  readonly path: string
  readonly handle: FileHandle
}

type Failure = Extract<Tried<void>, { readonly error: TransportError }>

/** How many bytes are there when one request has given all that it has, and why it gave no more. */
async function fetchFrom(
  from: number,
  file: RemoteFile,
  part: Part,
  options: DownloadOptions,
): Promise<{ readonly have: number; readonly failure?: Failure }> {
  const { hub, repository, commit, signal, onBytes } = options
  const url = fileUrl(hub, repository, commit, file.path)
  let have = from
  let reply: HubReply | undefined
  try {
    reply = await request(url, hub, { signal, headers: from === 0 ? {} : { range: `bytes=${from}-` } })
    const begun = startOf(reply, from, file, options)
    if (begun.failure !== undefined) return begun
    ;({ have } = begun)
    if (have < from) await onDisk(part.path, () => part.handle.truncate(have))
    const body: AsyncIterable<Buffer> = reply.body
    for await (const chunk of body) {
      throwIfAborted(signal)
      if (have + chunk.length > file.bytes) throw changed(file, repository)
      await onDisk(part.path, () => writeAll(part.handle, chunk, have))
      have += chunk.length
      onBytes(have)
    }
    if (have === file.bytes) return { have }
    const text = `${file.path} broke off after ${bytesText(have)} of ${bytesText(file.bytes)}.`
    return { have, failure: { error: new TransportError('hub-cut', text) } }
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason })
    const error = asTransportError(cause, url)
    if (error instanceof TransportError) return { have, failure: { error } }
    throw error
  } finally {
    reply?.close()
  }
}

/** The place in the file of the body's first byte, or why another try may bring more. */
function startOf(
  reply: HubReply,
  from: number,
  file: RemoteFile,
  { repository, hub }: DownloadOptions,
): { readonly have: number; readonly failure?: Failure } {
  const { status, headers, hubHeaders } = reply
  if (worthAnotherTry(status)) {
    const error = new TransportError('hub-busy', `The hub answered ${status}.`)
    return { have: from, failure: { error, waitMs: retryAfterMs(headers) } }
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  // A range that was not asked for, or none behind a part: once more from the start.
  if (status === 416 || (status === 206 && Number(start) !== from)) {
    const text = `The hub did not send ${file.path} from byte ${from} on.`
    return { have: 0, failure: { error: new TransportError('hub-range', text) } }
  }
  const isWhole = status === 200
  if (!isWhole && status !== 206) {
    const refusal = hubRefusal(reply, repository, hub)
    if (refusal instanceof TransportError) return { have: from, failure: { error: refusal } }
    throw refusal
  }
  const size = isWhole ? headers['content-length'] : total
  const differs = size !== undefined && size !== '*' && Number(size) !== file.bytes
  const linked = String(hubHeaders['x-linked-etag'] ?? '').replace(/^W\/|"/g, '')
  if (differs || (/^[0-9a-f]{64}$/.test(linked) && linked !== file.hash)) throw changed(file, repository)
  return { have: isWhole ? 0 : from }
}

function changed({ path }: RemoteFile, { id }: Repository): MiniO3Error {
  return new MiniO3Error(
    'hub-file-changed',
    `${path} of ${id} is not the file that the hub listed: it has changed, or a mirror (HF_ENDPOINT) is out of date. Repeat the command.`,
  )
}

/** A link that stands in the part's place is not followed: it could lead to any file. */
async function openPart(part: string): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  return onDisk(part, () => open(part, flags, 0o644))
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw unwritable(path, cause, 'The downloaded part is kept: repeat the command to resume.')
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, position + written)
    written += bytesWritten
  }
}

/** Read from the disk, so that whatever else wrote there is seen. */
async function hasHash(path: string, { hash, bytes }: RemoteFile, signal: AbortSignal | undefined): Promise<boolean> {
  const digest = createHash(hash.length === 64 ? 'sha256' : 'sha1')
  if (hash.length === 40) digest.update(`blob ${bytes}\0`)
  const read: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 2 ** 20 })
  for await (const chunk of read) {
    throwIfAborted(signal)
    digest.update(chunk)
  }
  return digest.digest('hex') === hash
}
