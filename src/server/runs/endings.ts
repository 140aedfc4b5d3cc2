/** How the searches of several runs ended, in one chart for each kind of search: those of problems or asks, and those of training. */
import { sharesSvg } from '../../evaluate/document/shares-svg.ts'
import { endingOf, endings, endingText } from '../../evaluate/figures/ending.ts'
import type { Ending } from '../../evaluate/figures/ending.ts'
import type { TrainedStage } from '../../runs/training.ts'
import { percent, sum } from '../../shared/numbers.ts'
import type { ListedSearch } from './items.ts'
import { endCounts } from './metrics.ts'
import type { Chart } from './metrics.ts'

/** Searches of a run, by how they ended. */
export interface EndingCounts {
  /** Those of several runs with the same one share a chart. */
  readonly id: string
  readonly title: string
  readonly counts: ReadonlyMap<Ending, number>
}

/** Of all searches but those of training, which are a few of each step. */
export function countedEndings(searches: readonly ListedSearch[]): EndingCounts[] {
  const counts = new Map<Ending, number>()
  for (const { item, outcome } of searches) {
    const ending = endingOf(outcome)
    if (item.step === undefined) counts.set(ending, (counts.get(ending) ?? 0) + 1)
  }
  return counts.size === 0 ? [] : [{ id: 'endings', title: 'How searches ended', counts }]
}

export function stageEndings(stage: TrainedStage): EndingCounts[] {
  const counts = endCounts(stage)
  if (sum([...counts.values()]) === 0) return []
  return [{ id: `${stage.name}-endings`, title: `How searches of training ended (${stage.name})`, counts }]
}

interface RunEndings {
  readonly name: string
  readonly endings: readonly EndingCounts[]
}

/** `shortened`: names for the drawing. */
export function endingCharts(runs: readonly RunEndings[], shortened: (name: string) => string): Chart[] {
  const ids = [...new Set(runs.flatMap((run) => run.endings.map(({ id }) => id)))]
  return ids.map((id) => {
    const own = runs.flatMap(({ name, endings: all }) => {
      return all.filter((one) => one.id === id).map(({ title, counts }) => ({ name, title, counts }))
    })
    const shown = endings.filter((ending) => own.some(({ counts }) => (counts.get(ending) ?? 0) > 0))
    const rows = own.map(({ name, counts }) => ({ name, counts: shown.map((ending) => counts.get(ending) ?? 0) }))
    const parts = shown.map((ending) => ({ name: endingText(ending), pattern: endings.indexOf(ending) }))
    const title = own[0]?.title ?? ''
    const cells = (counts: readonly number[]): string[] => {
      const all = sum(counts)
      return counts.map((count) => (count === 0 ? '0' : `${count} (${percent(count / all)} %)`))
    }
    const told = rows.map(({ name, counts }) => {
      const texts = parts.flatMap(({ name: part }, at) => ((counts[at] ?? 0) > 0 ? [`${counts[at]} ${part}`] : []))
      return `${name}: of ${sum(counts)} ${texts.join(', ')}`
    })
    return {
      id,
      title,
      summary: `${title}. ${told.join('; ')}.`,
      table: [
        ['run', 'searches', ...parts.map(({ name }) => name)],
        ...rows.map(({ name, counts }) => [name, String(sum(counts)), ...cells(counts)]),
      ],
      draw: (size) =>
        sharesSvg(
          rows.map(({ name, counts }) => ({ name: shortened(name), counts })),
          parts,
          title,
          size,
        ),
    }
  })
}
