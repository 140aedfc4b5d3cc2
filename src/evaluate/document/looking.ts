/** What an evaluation and its controls say about looking, as the parts of a report, and as rows for spreadsheets. Pure. */
import type { Part, Table } from '../../page/page-data.ts'
import { controls } from '../../protocol/control.ts'
import type { ControlName } from '../../protocol/control.ts'
import { signedPercent, percent } from '../../shared/numbers.ts'
import type { Estimate } from '../figures/bootstrap.ts'
import type { ControlFigures, LookingFigures } from '../figures/looking.ts'
import { correctedText } from '../protocol.ts'
import { policyNamed } from '../../policy/registry/kinds.ts'
import type { CsvRow } from './csv.ts'
import { isWithoutLooking } from '../figures/looking.ts'
import { intervalSvg } from './interval-svg.ts'

/** Figures with what a report says besides. */
export interface LookingReport {
  /** For example `V* Bench: chat:qwen`. */
  readonly title: string
  readonly policy: string
  readonly figures: LookingFigures
  readonly leftOut: readonly LeftOut[]
  /** Number of verdicts corrected by hand. */
  readonly corrected: number
}

/** A control without a run, and why. */
export interface LeftOut {
  readonly control: ControlName
  readonly why: string
}

export function lookingParts({ title, policy, figures, leftOut, corrected }: LookingReport): Part[] {
  const use = useTable(figures)
  const { withoutLooking } = figures
  return [
    { kind: 'heading', text: `Does it look? ${title}` },
    ...dueToLooking(figures).map((text): Part => ({ kind: 'text', text })),
    { kind: 'table', table: controlsTable(figures) },
    { kind: 'figures', figures: [{ svg: lookingSvg(title, figures), caption: 'With 95 % intervals.' }] },
    {
      kind: 'list',
      items: [...rulesOfControls(figures, policy), ...leftOut.map(leftOutSentence), ...handSentence(corrected)],
    },
    ...(use ? [{ kind: 'table', table: use } as const] : []),
    ...withoutLookingText(figures).map((text): Part => ({ kind: 'text', text })),
    ...(withoutLooking.length > 0
      ? [
          {
            kind: 'table',
            table: withoutLookingTable(figures),
            fold: 'Problems that are right without looking',
          } as const,
        ]
      : []),
  ]
}

function handSentence(corrected: number): string[] {
  return corrected === 0 ? [] : [`${correctedText(corrected)}.`]
}

export function leftOutSentence({ control, why }: LeftOut): string {
  return `The control ${control} is left out: ${why}.`
}

export function lookingSvg(title: string, { looking, controls: all }: LookingFigures): string {
  const rows = all.map(({ control, controlled }) => ({ name: controls[control].label, estimate: controlled }))
  return intervalSvg([{ name: 'looking', estimate: looking, isReference: true }, ...rows], title, 'right searches')
}

/** One row per control, below that of looking. */
function controlsTable({ looking, problems, controls: figures }: LookingFigures): Table {
  return {
    head: ['right searches', 'in %', '95 % interval', 'looking adds, points', '95 %, paired', 'problems'],
    rows: [
      ['looking', percent(looking.mean), range(looking), '', '', String(problems)],
      ...figures.map(({ control, controlled, difference, problems: own }) => [
        controls[control].label,
        percent(controlled.mean),
        range(controlled),
        signedPercent(difference.mean),
        signedRange(difference),
        String(own),
      ]),
    ],
  }
}

/**
 * How much of the score is due to looking, by the control without crops that comes nearest: others may fall lower for other reasons, such
 * as a policy whose form breaks when it is shown nothing.
 */
function dueToLooking({ controls: all }: LookingFigures): string[] {
  const [nearest] = all
    .filter(({ control }) => 'withoutLooking' in controls[control])
    .toSorted((a, b) => a.difference.mean - b.difference.mean)
  return nearest === undefined ? [] : [dueText(nearest)]
}

function dueText({ control, looking, controlled, difference }: ControlFigures): string {
  const share = looking === 0 ? '' : `, ${percent(Math.max(0, difference.mean) / looking)} % of the score,`
  return (
    `${percent(looking)} % of searches are right with looking. Of the controls that withhold the crops, "${controls[control].label}" ` +
    `comes nearest with ${percent(controlled.mean)} %: ${signedPercent(difference.mean)} points (95 % ${signedRange(difference)})${share} are due to looking.`
  )
}

function rulesOfControls({ controls: figures }: LookingFigures, policy: string): string[] {
  const rules = figures.map(({ control }) => `${controls[control].label}: ${controls[control].text}.`)
  const units = [...new Set(figures.map(({ over }) => over))]
  const isSmall = policyNamed(policy)?.kind.vlm === false
  return [
    ...rules,
    ...(isSmall && figures.some(({ control }) => control === 'overview') ? [smallOverview] : []),
    ...(units.length > 0
      ? [
          `Shares are means over problems. Differences are paired over the problems that both runs have, with intervals of a bootstrap over ${units.join(' and ')}.`,
        ]
      : []),
  ]
}

const smallOverview =
  'This policy reads every view at the same small size, so its overview shows no more than the first view of its searches.'

/** How crops were used; undefined if no target is known. */
function useTable({ use }: LookingFigures): Table | undefined {
  if (use === undefined) return undefined
  const share = (value: number | null): string => (value === null ? '' : percent(value))
  return {
    head: ['use of crops, where the target is known', ''],
    rows: [
      ['crops per search', use.crops.toFixed(1)],
      ['% of crops with a target inside', share(use.onTarget)],
      ['% of searches that were shown every target legibly', percent(use.legible)],
      ['% right of these', share(use.rightIfLegible)],
      ['% right of the others', share(use.rightIfNot)],
      ['shorter side of the target in the crop that shows it largest, median pixels', use.targetPx?.toFixed(0) ?? ''],
    ],
  }
}

function withoutLookingText({ withoutLooking, problems, controls: figures }: LookingFigures): string[] {
  if (figures.every(({ control }) => !('withoutLooking' in controls[control]))) return []
  return [
    `${withoutLooking.length} of ${problems} problems are right without looking: in at least half of their searches ` +
      'under some control that withholds the crops.',
  ]
}

function withoutLookingTable({ withoutLooking, controls: figures }: LookingFigures): Table {
  const names = figures.map(({ control }) => control)
  return {
    head: ['right searches in %', 'looking', ...names.map((name) => controls[name].label)],
    rows: withoutLooking.map(({ name, looking, controls: shares }) => [
      name,
      percent(looking),
      ...names.map((control) => (shares[control] === undefined ? '' : percent(shares[control]))),
    ]),
  }
}

/** One row per problem: how often it was right with looking and under each control, and how its crops were used. */
export function lookingRows({ byProblem, controls: figures }: LookingFigures): CsvRow[] {
  const names = figures.map(({ control }) => control)
  const head = ['problem', 'looking', ...names, 'right without looking', 'crops per search', 'crops on a target']
  const sizes = ['searches that showed every target legibly', 'pixels of the target where shown largest']
  const rows = byProblem.map(({ name, looking, controls: shares, crops, use }) => [
    name,
    looking,
    ...names.map((control) => shares[control] ?? ''),
    isWithoutLooking(shares) ? 1 : 0,
    crops,
    use?.onTarget ?? '',
    use?.legible ?? '',
    use?.targetPx ?? '',
  ])
  return [[...head, ...sizes], ...rows]
}

function range({ low, high }: Estimate): string {
  return `${percent(low)}-${percent(high)}`
}

function signedRange({ low, high }: Estimate): string {
  return `${signedPercent(low)} to ${signedPercent(high)}`
}
