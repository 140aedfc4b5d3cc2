/** Run folders for the page: what there is, the searches and curves of one, and the pictures that its searches looked at. */
import { markupOf } from '../page/html.ts'
import type { Trajectory } from '../protocol/trajectory.ts'
import type { Picture } from '../vision/picture.ts'
import type { ChartRow, RunDetails, RunRow } from './api-types.ts'
import { HttpError } from './http-error.ts'
import { scoresOf, trainingCharts } from './run-charts.ts'
import type { Chart } from './run-charts.ts'
import { findRuns, runNamed } from './run-folders.ts'
import { RunIndex } from './run-index.ts'
import { runPictures } from './run-pictures.ts'

export interface Runs {
  list(): Promise<RunRow[]>
  /** Items from index `after` on. */
  details(name: string, after: number): Promise<RunDetails>
  /** As SVG. */
  chart(name: string, id: string): Promise<string>
  charts(name: string): Promise<readonly Chart[]>
  search(name: string, index: number): Promise<Trajectory>
  picture(name: string, index: number): Promise<Picture>
}

/** Logs whose searches are remembered. */
const mostIndexed = 16

export function openRuns(root: string): Runs {
  const indexes = new Map<string, RunIndex>()
  const pictureOf = runPictures()

  async function indexOf(path: string): Promise<RunIndex> {
    const index = indexes.get(path) ?? new RunIndex(path)
    indexes.delete(path)
    indexes.set(path, index)
    for (const old of indexes.keys()) if (indexes.size > mostIndexed) indexes.delete(old)
    await index.update()
    return index
  }

  async function read(name: string) {
    const run = await runNamed(root, name)
    const index = await indexOf(`${run.path}/trajectories.jsonl`)
    const { maxTurns } = run.settings
    const longest = Math.max(1, ...index.items.map(({ turns }) => turns))
    const scored = scoresOf(index.outcomes, typeof maxTurns === 'number' ? maxTurns : longest)
    const charts: Chart[] = [...(scored ? [scored.chart] : []), ...(await trainingCharts(run.path))]
    return { run, index, scores: scored?.scores ?? null, charts }
  }

  return {
    list: async () => (await findRuns(root)).map(({ row }) => row),
    async details(name, after) {
      const { run, index, scores, charts } = await read(name)
      const { items, unreadable } = index
      const rows = charts.map(({ id, title, summary }): ChartRow => ({ id, title, summary }))
      return {
        run: run.row,
        settings: run.settings,
        items: items.slice(after),
        total: items.length,
        unreadable,
        scores,
        charts: rows,
      }
    },
    async chart(name, id) {
      const chart = (await read(name)).charts.find((one) => one.id === id)
      if (chart === undefined) throw new HttpError(404, 'no_chart', 'The run has no such chart.')
      return markupOf(chart.svg)
    },
    charts: async (name) => (await read(name)).charts,
    search: async (name, index) =>
      (await indexOf(`${(await runNamed(root, name)).path}/trajectories.jsonl`)).trajectory(index),
    async picture(name, at) {
      const run = await runNamed(root, name)
      const index = await indexOf(`${run.path}/trajectories.jsonl`)
      return pictureOf(run, await index.trajectory(at))
    },
  }
}
