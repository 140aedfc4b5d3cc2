/** Routes for stored runs. */
import type { RunCurves } from './across-runs.ts'
import type { RunNotes } from './note-types.ts'
import type { RunFigures, Setup } from './types.ts'
import { figureResponse } from './figure.ts'
import { countOf, nowhere, partsOf } from './path.ts'
import { regionResponse, sentRegions, sentResponse, viewResponse } from './region.ts'
import type { SentRegions } from './region.ts'
import type { ChartSize } from '../../evaluate/document/curve-svg.ts'
import { openRuns } from '../runs/runs.ts'
import type { Runs } from '../runs/runs.ts'
import { fromOwnPage } from '../http/guard.ts'
import { HttpError } from '../http/http-error.ts'
import type { Routes } from '../http/router.ts'

/** Searches of a run that one response lists, first and later: small parts keep server and page answering. */
const firstItems = 500
const mostItems = 2_000

export function runRoutes(runs: Runs): Routes {
  const sent = sentRegions()
  return {
    'GET /api/runs': () => runs.list(),
    'GET /api/curves': (_, { url }) => curvesAnswer(runs, ...partsOf(url, '/api/curves')),
    'GET /api/curves/*': (_, { url }) => curvesAnswer(runs, ...partsOf(url, '/api/curves/')),
    'GET /api/runs/*': (_, { url, signal }) => runAnswer(runs, sent, signal, ...partsOf(url, '/api/runs/')),
    'POST /api/runs/*': fromOwnPage((body, { url }) => runChange(runs, partsOf(url, '/api/runs/')[0], body)),
  }
}

/** The same for a server without policies. */
export function viewRoutes(root: string, author?: string): Routes {
  const setup: Setup = {
    scenes: [],
    policies: [],
    limits: { turns: 0, samples: 0, pictureBytes: 0 },
    archives: false,
    connects: false,
  }
  return { ...runRoutes(openRuns(root, author)), 'GET /api/setup': () => setup }
}

/** `<run>`, `<run>/summary`, `<run>/find`, `<run>/notes`, `<run>/figures`, `<run>/thoughts`, `<run>/charts/<id>`, `<run>/diff/<other run>`, `<run>/items/<n>`, `<run>/items/<n>/group`, `.../region`, `.../view`, `.../figure`. */
async function runAnswer(
  runs: Runs,
  sent: SentRegions,
  signal: AbortSignal,
  [name = '', kind, id, what]: readonly string[],
  query: URLSearchParams,
): Promise<unknown> {
  if (kind === undefined) {
    const after = countOf(query, 'after')
    const [log, notes] = ['log', 'notes'].map((part) => query.get(part) ?? undefined)
    return runs.details(name, after, log, after ? mostItems : firstItems, notes)
  }
  if (kind === 'find' && id === undefined) return runs.find(name, query.get('where') ?? '', signal)
  if (kind === 'summary' && id === undefined) return runs.summary(name)
  if (kind === 'notes' && id === undefined) return runs.notes(name)
  if (kind === 'figures' && id === undefined) {
    const { scores, latest, charts, reasons } = await runs.figures(name)
    const rows = charts.map(({ id, title, summary, table }) => ({ id, title, summary, table }))
    return { scores, latest, charts: rows, reasons } satisfies RunFigures
  }
  if (kind === 'thoughts' && id === undefined) {
    return runs.thoughts(name, query.get('words') ?? '', countOf(query, 'after'), query.get('log') ?? '', signal)
  }
  if (kind === 'diff' && what === undefined) return runs.diff(name, id ?? '')
  if (kind === 'charts' && what === undefined) {
    return svgResponse(await runs.chart(name, id ?? '', sizeOf(query)))
  }
  if (kind !== 'items') throw nowhere()
  const index = indexOf(id)
  if (what === undefined) return runs.search(name, index)
  const pictureAt = (original: number) => runs.picture(name, index, original)
  if (what === 'region') return regionResponse(sent, pictureAt, query)
  const search = await runs.search(name, index)
  if (what === 'group') return runs.group(name, index)
  if (what === 'family') return runs.family(name, index)
  if (what === 'view') return viewResponse(sent, pictureAt, search, query)
  if (what === 'tokens') return runs.tokens(name, index)
  if (what === 'exchanges') return runs.exchanges(name, search)
  if (what === 'sent') return sentResponse(pictureAt, search, query)
  if (what === 'figure') return figureResponse(search, pictureAt, query)
  throw nowhere()
}

/** `<run>/items/<n>/note`. */
async function runChange(runs: Runs, [name = '', kind, id, what]: readonly string[], body: unknown): Promise<RunNotes> {
  if (kind === 'items' && what === 'note') return runs.note(name, indexOf(id), body)
  throw nowhere()
}

function indexOf(id = ''): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : -1
}

const mostCurves = 8

/** The charts of several runs, or one of them as SVG. */
async function curvesAnswer(runs: Runs, [id = '']: readonly string[], query: URLSearchParams): Promise<unknown> {
  const { lines, charts } = await runs.curves(runsOf(query))
  if (id === '') {
    const rows = charts.map(({ id: own, title, summary, table }) => ({ id: own, title, summary, table }))
    return { lines, charts: rows } satisfies RunCurves
  }
  const chart = charts.find((one) => one.id === id)
  if (chart === undefined) throw new HttpError(404, 'no_chart', 'These runs have no such chart.')
  return svgResponse(chart.draw(sizeOf(query)))
}

function sizeOf(query: URLSearchParams): ChartSize {
  return query.get('size') === 'narrow' ? 'narrow' : 'wide'
}

function svgResponse(svg: string): Response {
  return new Response(svg, { headers: { 'content-type': 'image/svg+xml' } })
}

function runsOf(query: URLSearchParams): string[] {
  const names = [...new Set(query.getAll('run'))]
  if (names.length >= 1 && names.length <= mostCurves) return names
  throw new HttpError(400, 'invalid_request', `run: has to name 1 to ${mostCurves} runs.`)
}
