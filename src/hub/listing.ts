/** The files of a repository as the hub lists them: names, sizes, hashes, and under which licence. */
import { z } from 'zod'
import { messageOf, MiniO3Error, UserError } from '../shared/errors.ts'
import { parseJson } from '../shared/json.ts'
import { hubRefusal } from './refusal.ts'
import { isCommit, isPlainPath } from './repository.ts'
import type { Repository } from './repository.ts'
import { bodyText, requestPatiently } from './request.ts'
import { offlineVariables } from './settings.ts'
import type { HubSettings } from './settings.ts'

export interface RemoteFile {
  /** Relative to the repository; stays below its folder. */
  readonly path: string
  readonly bytes: number
  /** Hex: SHA-256 of a large file, the SHA-1 of its git blob of a small one. It is also the file's name in the cache. */
  readonly hash: string
}

export interface Listing {
  readonly commit: string
  readonly files: readonly RemoteFile[]
  /** As the card names it, such as `apache-2.0`. */
  readonly licence?: string
  /** Terms have to be accepted before anything can be downloaded. */
  readonly gated: boolean
}

const blobSchema = z.object({
  rfilename: z.string(),
  size: z.int().nonnegative().optional(),
  blobId: z.string().optional(),
  lfs: z.object({ sha256: z.string().optional(), oid: z.string().optional(), size: z.int().nonnegative() }).nullish(),
})
const schema = z.object({
  sha: z.string().refine(isCommit, 'is not a commit'),
  siblings: z.array(blobSchema),
  gated: z.union([z.boolean(), z.string()]).nullish(),
  tags: z.array(z.string()).nullish(),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).nullish() }).nullish(),
})

export interface ListOptions {
  readonly signal?: AbortSignal | undefined
  /** The hub is busy or out of reach, and is asked again after a pause. */
  readonly onRetry?: (() => void) | undefined
}

/** Throws `UserError` for what is not there or not allowed, and offline; `TransportError` where the hub is out of reach. */
export async function listRepository(
  repository: Repository,
  hub: HubSettings,
  options: ListOptions = {},
): Promise<Listing> {
  if (hub.offline)
    throw new UserError(
      'hub-offline',
      `${offlineVariables} is set, so the hub is not asked for ${repository.id}. Unset it to download.`,
    )
  const { kind, id, revision } = repository
  const url = below(hub, `/api/${kind}/${id}/revision/${encodeURIComponent(revision)}?blobs=true`)
  const reply = await requestPatiently(url, hub, options)
  if (reply.status !== 200) {
    reply.close()
    throw hubRefusal(reply, repository, hub)
  }
  const { sha, siblings, gated, tags, cardData } = parsed(await bodyText(reply, url), id)
  const licence = [cardData?.license].flat()[0] ?? tags?.find((tag) => tag.startsWith('license:'))?.slice(8)
  return {
    commit: sha,
    files: siblings.map((sibling) => remoteFile(sibling, id)),
    gated: Boolean(gated),
    ...(typeof licence === 'string' && { licence: licence.slice(0, 80) }),
  }
}

/** The address of a file at a commit, which never changes. */
export function fileUrl(hub: HubSettings, { kind, id }: Repository, commit: string, path: string): URL {
  const name = path.split('/').map(encodeURIComponent).join('/')
  return below(hub, `${kind === 'datasets' ? '/datasets' : ''}/${id}/resolve/${commit}/${name}`)
}

function below({ endpoint }: HubSettings, path: string): URL {
  return new URL(`${endpoint.href.replace(/\/$/, '')}${path}`)
}

function parsed(text: string, id: string): z.infer<typeof schema> {
  try {
    return schema.parse(parseJson(text))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause).slice(0, 300) : messageOf(cause)
    throw new MiniO3Error('hub-listing', `The hub's list of ${id} cannot be read: ${why}. Check HF_ENDPOINT.`, {
      cause,
    })
  }
}

function remoteFile({ rfilename, size, blobId, lfs }: z.infer<typeof blobSchema>, id: string): RemoteFile {
  if (!isPlainPath(rfilename))
    throw new UserError(
      'hub-path-unsafe',
      `The hub lists a file of ${id} whose path leads out of its folder: ${JSON.stringify(rfilename.slice(0, 200))}. Nothing was downloaded.`,
    )
  const hash = lfs?.sha256 ?? lfs?.oid ?? blobId ?? ''
  const bytes = lfs?.size ?? size
  if (bytes === undefined || !/^(?:[0-9a-f]{64}|[0-9a-f]{40})$/.test(hash))
    throw new MiniO3Error(
      'hub-listing',
      `The hub states no size or hash of ${rfilename} of ${id}, so a download could not be checked. Check HF_ENDPOINT.`,
    )
  return { path: rfilename, bytes, hash }
}
