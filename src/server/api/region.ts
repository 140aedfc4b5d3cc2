/** Picture regions for the browser: any box at full resolution, and the view that the policy saw. */
import { boxSize, pixelBox } from '../../protocol/box.ts'
import { originalOf } from '../../protocol/originals.ts'
import { profileHash, profiles } from '../../protocol/profile.ts'
import type { Profile } from '../../protocol/profile.ts'
import type { Trajectory } from '../../protocol/trajectory.ts'
import { viewBytes } from '../../policy/chat/view-bytes.ts'
import { canonicalJson } from '../../shared/canonical.ts'
import { recentValues } from '../../shared/recent.ts'
import type { Recent } from '../../shared/recent.ts'
import { encode } from '../../vision/encode.ts'
import type { Encoding } from '../../vision/encode.ts'
import { atMost } from '../../vision/fit.ts'
import { storedView } from '../../vision/observation-view.ts'
import { pixelsId } from '../../vision/picture.ts'
import type { Picture, Pixels } from '../../vision/picture.ts'
import { HttpError } from '../http/http-error.ts'
import { countOf } from './path.ts'

/** Cache of encoded regions, since the same ones are requested often and scenes have to be drawn. */
export type SentRegions = Recent<Uint8Array>

export function sentRegions(): SentRegions {
  return recentValues<Uint8Array>(32 * 1024 ** 2, ({ byteLength }) => byteLength)
}

/** Longest side of a response in pixels; the limit for lossless views is lower. */
const mostSide = 2048
const losslessSide = 512

/** Opens picture number `original` of a question, counted from 0. */
export type PictureAt = (original: number) => Picture | Promise<Picture>

/**
 * Query: `original=<n>` (default: the first picture), `box=x0,y0,x1,y1` in pixels (default: all of it), `side=<px>` (longest side of
 * the response). With `picture=<hash>` the URL determines the response, so browsers may cache it.
 */
export async function regionResponse(
  sent: SentRegions,
  pictureAt: PictureAt,
  query: URLSearchParams,
): Promise<Response> {
  const picture = await pictureAt(countOf(query, 'original'))
  const { width, height } = picture
  const box = query.get('box')?.split(',').map(Number) ?? [0, 0, width, height]
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box
  const inside = x0 >= 0 && y0 >= 0 && x0 < x1 && y0 < y1 && x1 <= width && y1 <= height
  const side = Number(query.get('side') ?? mostSide)
  if (box.length !== 4 || !box.every(Number.isInteger) || !inside || !(side >= 1)) {
    throw new HttpError(
      400,
      'bad_region',
      `A region is box=x0,y0,x1,y1 inside of ${width}x${height}, and side=1 or more.`,
    )
  }
  const boxPx = pixelBox(x0, y0, x1, y1)
  const size = atMost(boxSize(boxPx), Math.min(mostSide, Math.ceil(side)))
  const keep = query.get('picture') === picture.sha256
  const headers = keep ? { 'cache-control': 'private, max-age=31536000, immutable' } : undefined
  return image(sent, picture, [boxPx, size], 'jpeg', () => picture.region(boxPx, size, 'area'), headers)
}

/** The view that the policy saw of observation `?observation=<n>`. */
export async function viewResponse(
  sent: SentRegions,
  pictureAt: PictureAt,
  trajectory: Pick<Trajectory, 'observations' | 'profile'>,
  query: URLSearchParams,
): Promise<Response> {
  const observation = trajectory.observations[Number(query.get('observation'))]
  if (observation === undefined) throw new HttpError(404, 'no_observation', 'The search has no such observation.')
  const { view, index } = observation
  const picture = await pictureAt(originalOf(observation, trajectory.observations))
  const encoding = Math.max(view.width, view.height) <= losslessSide ? 'png' : 'jpeg'
  // A view may be cut from an earlier observation.
  const of = [trajectory.profile, trajectory.observations.slice(0, index + 1)]
  return image(sent, picture, of, encoding, () => storedView(picture, trajectory, index, profileOf(trajectory.profile)))
}

/** The file of observation `?observation=<n>` as it was sent to a server, if it still has the SHA-256 `?sha256=`. */
export async function sentResponse(
  pictureAt: PictureAt,
  { observations, profile }: Pick<Trajectory, 'observations' | 'profile'>,
  query: URLSearchParams,
): Promise<Response> {
  const observation = observations[Number(query.get('observation'))]
  if (observation === undefined) throw new HttpError(404, 'no_observation', 'The search has no such observation.')
  const picture = await pictureAt(originalOf(observation, observations))
  const view = await storedView(picture, { observations }, observation.index, profileOf(profile))
  const { bytes, mime, sha256 } = await viewBytes(view)
  if (sha256 !== query.get('sha256')) {
    const why =
      'This version, or the changed profile of the search, renders the view differently from the one that was sent.'
    throw new HttpError(409, 'view_differs', why)
  }
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': mime } })
}

/** The profile that a stored search names; if its settings were changed, the profile it was derived from. */
export function profileOf({ name, sha256 }: Trajectory['profile']): Profile {
  const all: readonly Profile[] = Object.values(profiles)
  return (
    all.find((profile) => profileHash(profile) === sha256) ??
    all.find((profile) => profile.name === name) ??
    profiles.default
  )
}

/** `of`: everything besides the picture that determines the pixels. */
async function image(
  sent: SentRegions,
  picture: Picture,
  of: readonly unknown[],
  encoding: Encoding,
  draw: () => Promise<Pixels>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const key = canonicalJson([pixelsId(picture), ...of, encoding])
  const bytes = sent.get(key) ?? sent.set(key, await encode(await draw(), encoding))
  return new Response(new Uint8Array(bytes), { headers: { 'content-type': `image/${encoding}`, ...headers } })
}
