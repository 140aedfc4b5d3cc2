/** The MCP server: the tools `visual_search` and `zoom`, whose results include crops as pictures. */
import { fileURLToPath } from 'node:url'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { boxSize, relativeBox } from '../../protocol/box.ts'
import { mostPictures, originalCount, originalOf } from '../../protocol/originals.ts'
import { profiles } from '../../protocol/profile.ts'
import type { ViewRule } from '../../protocol/profile.ts'
import { shownSize } from '../../protocol/orientation.ts'
import { resolveBox } from '../../protocol/resolve-box.ts'
import type { Observation } from '../../protocol/trajectory.ts'
import { changedRegion } from '../../vision/changed-view.ts'
import { fitSize, view } from '../../vision/fit.ts'
import { openPicture } from '../../vision/open.ts'
import { asHttpError, HttpError } from '../http/http-error.ts'
import { searchPicture } from '../searcher.ts'
import { messageOf } from '../../shared/errors.ts'
import type { EndedSearch, Searcher, SentSearch } from '../searcher.ts'
import { sentPicture } from '../http/sent-picture.ts'
import { defined, itemAt } from '../../shared/known.ts'
import { version } from '../../shared/version.ts'
import { mostPictureChars, resultPicture } from './result-picture.ts'

export interface McpOptions {
  readonly searcher: Searcher
  /** Whether pictures may be given as paths on this machine: only if the caller is its user. */
  readonly files: boolean
  /** Stores a finished search of an uploaded picture, and returns the address of its page. */
  readonly keep?: ((search: SentSearch) => Promise<string>) | undefined
  /** Called for internal errors. */
  readonly onFault: (error: unknown) => void
}

/** Number of crops in a result: the newest ones. */
const mostCrops = 8
/** Characters of one text at most. */
const longestText = 8000
/** Small enough that clients accept a result with all its crops. */
const cropView: ViewRule = {
  kind: 'budget',
  minPixels: 40_000,
  maxPixels: 400_000,
  minSide: 28,
  maxAspect: null,
  resampler: 'lanczos3',
}

const edge = z.number().min(0).max(1)
const boxSchema = z.array(edge).length(4)

/** Creates the server of one connection. */
export function mcpServer({ searcher, files, keep, onFault }: McpOptions): McpServer {
  const { reading } = searcher.profile.pictures
  const server = new McpServer({ name: 'mini-o3', version })
  const image = z
    .string()
    .min(1)
    .describe(
      `The picture: ${files ? 'the path of a file on this machine, or a' : 'a'} data: URL (data:image/jpeg;base64,...)`,
    )

  /** Returns errors as tool results, so that the calling model can read how to correct the call. */
  async function explained(signal: AbortSignal, work: () => Promise<CallToolResult>): Promise<CallToolResult> {
    try {
      return await work()
    } catch (error) {
      const refusal = asHttpError(error)
      // Nobody waits for a cancelled call.
      if (refusal.status === 500 && !signal.aborted) onFault(error)
      return { isError: true, content: [text(cut(refusal.message))] }
    }
  }

  /** A path (also from a file: URL), or the bytes of a data: URL. */
  function fileOf(source: string): string | Uint8Array {
    const scheme = /^\s*([a-z]{2,20}):/i.exec(source)?.[1]?.toLowerCase()
    if (!files || scheme === 'data') return sentPicture(source)
    if (scheme === 'http' || scheme === 'https') {
      throw new HttpError(
        400,
        'picture_not_fetched',
        `${source.slice(0, 200)} is not fetched. Save the picture and give its path.`,
      )
    }
    return scheme === 'file' ? pathOf(source.trim()) : source
  }

  server.registerTool(
    'visual_search',
    {
      title: 'Search a picture',
      description:
        'Answers a question about a picture, even if the answer covers only a few pixels: zooms in, turn after turn, ' +
        `until it is legible. Returns the answer and the crops that led to it. Policy: ${searcher.name}. ${searcher.note}`,
      inputSchema: {
        image,
        further_images: z
          .array(image)
          .max(mostPictures - 1)
          .optional()
          .describe('Further pictures, for a question about several'),
        question: z.string().trim().min(1).max(4000).describe('The question about the picture'),
        max_turns: z.int().min(1).max(100).optional().describe('Turn limit of the search'),
      },
      annotations: { readOnlyHint: true },
    },
    (
      { image: source, further_images: more = [], question, max_turns: maxTurns },
      { signal, sendNotification, _meta },
    ) =>
      explained(signal, async () => {
        const files = [source, ...more].map(fileOf)
        const asked = { question, files, maxTurns, seed: 0 }
        let ended: EndedSearch | undefined
        let turn = 1
        let words = ''
        for await (const news of searchPicture(searcher, asked, signal)) {
          if ('trajectory' in news) {
            ended = news
            continue
          }
          words += news.text
          if (!news.whole) continue
          const message = cut(words)
          const progress = turn++
          words = ''
          if (_meta?.progressToken === undefined) continue
          const params = { progressToken: _meta.progressToken, progress, message }
          await sendNotification({ method: 'notifications/progress', params })
        }
        const found = defined(ended, 'the end of a search')
        const { trajectory, pictures, exchanges } = found
        const sent = pictures.flatMap((picture, index) => {
          const encoded = itemAt(files, index)
          return typeof encoded === 'string' ? [] : [{ picture, encoded }]
        })
        const isSent = sent.length === pictures.length
        return searchResult(found, isSent ? await keep?.({ trajectory, exchanges, pictures: sent }) : undefined)
      }),
  )

  server.registerTool(
    'zoom',
    {
      title: 'Zoom into a picture',
      description: 'Crops a box from a picture at full resolution and returns it, enlarged if it is small.',
      inputSchema: {
        image,
        box: boxSchema.describe('[x0, y0, x1, y1]: left, top, right and bottom, each from 0 to 1 of width or height'),
      },
      annotations: { readOnlyHint: true },
    },
    ({ image: source, box }, { signal }) =>
      explained(signal, async () => {
        const picture = await openPicture(fileOf(source), { reading, cutOff: 'shown', signal })
        const edgeAt = (index: number): number => itemAt(box, index)
        const rule = { errorText: 'helpful', crop: { edges: 'nearest', padding: 0, minSide: 1 } } as const
        const resolved = resolveBox(relativeBox(edgeAt(0), edgeAt(1), edgeAt(2), edgeAt(3)), picture, rule)
        if ('error' in resolved) return { isError: true, content: [text(resolved.error)] }
        const { boxPx } = resolved
        const { width, height } = boxSize(boxPx)
        const where = `${width} x ${height} pixels at [${boxPx.join(', ')}] of ${picture.width} x ${picture.height}`
        const pixels = await view(picture, boxPx, profiles.default.observationView)
        return { content: [text(where), await resultPicture(pixels, mostPictureChars)] }
      }),
  )
  return server
}

async function searchResult({ trajectory, pictures }: EndedSearch, page?: string): Promise<CallToolResult> {
  const { answer, end, turns, observations, failure } = trajectory
  if (failure !== undefined) return { isError: true, content: [text(cut(`The search failed: ${failure.message}`))] }
  const said = answer === null ? `No answer: the search ended ${end}.` : cut(answer)
  const crops = observations.filter(({ parent }) => parent !== null)
  const content: CallToolResult['content'] = [text(said)]
  const shown = crops.slice(-mostCrops)
  for (const crop of shown) {
    const picture = itemAt(pictures, originalOf(crop, observations))
    const size = fitSize(shownSize(crop), cropView)
    const pixels = await changedRegion(picture, crop, observations, size, cropView.resampler)
    content.push(text(cropWords(crop, observations)), await resultPicture(pixels, mostPictureChars / shown.length))
  }
  if (page !== undefined) content.push(text(`Turn by turn: ${page}`))
  const boxes = crops.map(({ boxInOriginalPx }) => boxInOriginalPx)
  // The picture of each box, counted from 1.
  const of = pictures.length > 1 && { pictures: crops.map((crop) => originalOf(crop, observations) + 1) }
  const found = { answer: answer && cut(answer), end, turns: turns.length, boxes, ...of, ...(page && { page }) }
  return { content, structuredContent: found }
}

function cropWords(crop: Observation, observations: readonly Observation[]): string {
  const originals = originalCount(observations)
  const picture = originals === 1 ? 'the picture' : `picture ${originalOf(crop, observations) + 1}`
  const from = crop.parent !== null && crop.parent >= originals ? `crop ${crop.parent - originals + 1}` : picture
  const number = crop.index - originals + 1
  return `Crop ${number}, of ${from}: [${crop.boxInOriginalPx.join(', ')}] in pixels of ${picture}.`
}

function text(words: string): { type: 'text'; text: string } {
  return { type: 'text', text: words }
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl)
  } catch (cause) {
    throw new HttpError(
      400,
      'invalid_file_url',
      `${fileUrl.slice(0, 200)} is not the URL of a file: ${messageOf(cause)}.`,
    )
  }
}

/** Model output can be of any length. */
function cut(words: string): string {
  return words.length <= longestText ? words : `${words.slice(0, longestText)} … (cut)`
}
