/** `eval --controls`: an evaluation and its controls, each in its own run, and what the score owes to looking. */
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { openControl, whyNot } from '../../evaluate/controls.ts'
import { money } from '../../protocol/price.ts'
import { csvText } from '../../evaluate/document/csv.ts'
import { leftOutSentence, lookingParts, lookingRows, lookingSvg } from '../../evaluate/document/looking.ts'
import type { LeftOut } from '../../evaluate/document/looking.ts'
import { markdownReport, reportPage } from '../../evaluate/document/report-page.ts'
import { plainTable } from '../../evaluate/document/table.ts'
import { lookingId, lookingReport } from '../../evaluate/looking-report.ts'
import { readEvalRun } from '../../evaluate/read-run.ts'
import type { FinishedEval } from '../../evaluate/read-run.ts'
import type { Part } from '../../page/page-data.ts'
import { controlNames, controls } from '../../protocol/control.ts'
import type { ControlName } from '../../protocol/control.ts'
import { isRun } from '../../runs/configuration.ts'
import { UserError } from '../../shared/errors.ts'
import { isOneOf } from '../../shared/fields.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { IncompleteError } from '../incomplete.ts'
import { columns, print, printJson, resultsAside, say } from '../print/output.ts'
import { runEval } from './run.ts'
import type { EvalPlan, RanEval } from './run.ts'
import { checkSweepFolder } from './sweep.ts'
import { evalResult, lookingResult } from './text.ts'

/** `true`: all that are possible. */
export type WantedControls = true | readonly ControlName[]

/** Parses a comma-separated list of controls, or `all`. */
export function readControls(text: string): WantedControls {
  const given = [...new Set(text.split(',').map((part) => part.trim()))]
  if (given.length === 1 && given[0] === 'all') return true
  const other = given.find((part) => !isOneOf(controlNames, part))
  if (other === undefined) return controlNames.filter((name) => given.includes(name))
  throw new InvalidArgumentError(`${other || 'Nothing'} is not one of ${controlNames.join(', ')}, or all.`)
}

/**
 * Runs the plan and its controls below `path`, and prints what they show, together with the controls that are there from before. Returns
 * what is missing, if anything.
 */
export async function runControls(
  plan: EvalPlan,
  wanted: WantedControls,
  path: string,
): Promise<Pick<RanEval, 'incomplete'>> {
  await checkSweepFolder(path)
  const { options, chosen, profile } = plan
  const looking = { policy: options.policy, profile, entries: chosen.entries }
  const names: ControlName[] = []
  for (const name of controlNames) {
    if (wanted === true || wanted.includes(name) || (await isRun(join(path, name)))) names.push(name)
  }
  const leftOut = names.flatMap((control): LeftOut[] => {
    const why = whyNot(control, looking)
    return why === undefined ? [] : [{ control, why }]
  })
  if (wanted !== true && leftOut.length > 0) throw unfit(leftOut)
  const possible = names.filter((name) => leftOut.every(({ control }) => control !== name))
  if (possible.length === 0) throw unfit(leftOut)
  sayPlan(plan, possible)

  const folder = join(path, 'looking')
  say(`looking, 1 of ${possible.length + 1}:`)
  const first = await runAside(plan, folder)
  if (first.incomplete) {
    return {
      incomplete: new IncompleteError(`looking: ${first.incomplete.message}\nThe controls start when it is complete.`),
    }
  }
  const { cost } = first.measured
  if (cost?.total !== undefined) {
    const searching = possible.filter((name) => !isOneTurn(name)).length
    say(
      `The normal run cost ${money(cost.total)}. ${searching} of the controls search in the same way, for about as much each; ` +
        'single-turn controls cost less.',
    )
  }
  const whole = await readEvalRun(folder, {}, options)
  const of = lookingId(whole.config)
  const outcomes = whole.outcomesByProblem.flat()
  const ran: { readonly control: ControlName; readonly measured: RanEval['measured'] }[] = []
  let incomplete: IncompleteError | undefined
  for (const [index, name] of possible.entries()) {
    say(`${name}, ${index + 2} of ${possible.length + 1}:`)
    const control = await openControl(name, looking, { folder, outcomes })
    if (typeof control === 'string') {
      say(`Left out: ${control}.`)
      leftOut.push({ control: name, why: control })
      continue
    }
    const { entries, maxTurns } = control
    const controlled = {
      ...plan,
      profile: control.profile,
      chosen: { ...chosen, entries },
      options: { ...options, ...(maxTurns && { maxTurns }) },
      control: { ...control, of },
    }
    const one = await runAside(controlled, join(path, name))
    if (one.incomplete) incomplete ??= new IncompleteError(`${name}: ${one.incomplete.message}`)
    else ran.push({ control: name, measured: one.measured })
  }

  const finished: FinishedEval[] = []
  for (const { control } of ran) finished.push(await readEvalRun(join(path, control), {}, options))
  const report = lookingReport(whole, finished, leftOut)
  const { title, figures } = report
  const parts = lookingParts(report)
  await replaceFile(join(path, 'results.md'), `${markdownReport(title, parts)}\n`)
  await replaceFile(join(path, 'looking.html'), await reportPage(title, parts))
  await replaceFile(join(path, 'looking.svg'), lookingSvg(title, figures))
  await replaceFile(join(path, 'looking.csv'), csvText(lookingRows(figures)))
  if (options.json) {
    const byControl = ran.map(({ control, measured }) => ({ control, ...evalResult(measured) }))
    printJson({
      over: 'controls',
      looking: evalResult(first.measured),
      byControl,
      figures: lookingResult(report),
      run: path,
    })
  } else {
    const files = ['looking.html', 'results.md', 'looking.csv', 'looking.svg']
    print([...parts.flatMap(plainPart), `Runs, ${files.join(', ')}: ${path}`].join('\n\n'))
  }
  return { incomplete }
}

/** For a terminal; what is folded on a page is left to the files. */
function plainPart(part: Part): string[] {
  if (part.kind === 'table') return part.fold === undefined ? [plainTable(part.table, columns())] : []
  if (part.kind === 'list') return [part.items.join('\n')]
  return part.kind === 'text' ? [part.text] : []
}

function runAside(plan: EvalPlan, run: string): Promise<RanEval> {
  const { json: _, ...options } = plan.options
  return resultsAside(() => runEval({ ...plan, options: { ...options, run } }))
}

function unfit(leftOut: readonly LeftOut[]): UserError {
  return new UserError('control-unfit', `${leftOut.map(leftOutSentence).join('\n')}\nLeave it out of --controls.`)
}

function isOneTurn(name: ControlName): boolean {
  return 'oneTurn' in controls[name]
}

/** What the runs may cost, before any of them starts. */
function sayPlan({ options, chosen, profile }: EvalPlan, possible: readonly ControlName[]): void {
  const searches = chosen.entries.length * options.samples
  const maxTurns = options.maxTurns ?? profile.maxTurns
  const short = possible.filter(isOneTurn)
  const long = possible.length + 1 - short.length
  say(
    `${possible.length + 1} runs of ${searches} searches each: ${long} of up to ${maxTurns} turns per search` +
      `${short.length > 0 ? `, ${short.length} of one turn` : ''}, so at most ` +
      `${(searches * (long * maxTurns + short.length)).toLocaleString('en')} turns.`,
  )
}
