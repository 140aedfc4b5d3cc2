/** The report of a recipe: the paper's figures in miniature, what it saw beside what came, and what each stage took. */
import { reportPage } from '../evaluate/document/report-page.ts'
import { accuracyTable } from '../evaluate/document/table.ts'
import type { Figure, Part, Table } from '../page/page-data.ts'
import { durationText } from '../shared/durations.ts'
import {
  accuracyChart,
  accuracySentence,
  earlyEnds,
  levelsOf,
  overTurnFigure,
  policyWords,
  rewardFigure,
  shownPolicies,
  summaryTable,
  trainingChart,
  trainingSentence,
  trainingTable,
  turnsFigure,
} from './figures.ts'
import type { TrainingFigure } from './figures.ts'
import { presets, smokeNote } from './presets.ts'
import type { RecipeResults } from './results.ts'
import { commandLine, trainedPolicies } from './stages.ts'

/** The text of the page. */
export function recipeReport(results: RecipeResults): Promise<string> {
  const { settings, evals, pages } = results
  const { smoke, rl, testTurns } = presets[settings.preset]
  const named = shownPolicies.map((name) => ({ name: policyWords[name], summary: evals[name] }))
  const training = (what: TrainingFigure): Figure => {
    return { svg: trainingChart(results, what), caption: trainingSentence(results, what) }
  }
  return reportPage(`More turns at test time than in training (recipe ${settings.preset})`, [
    text(
      `A cold start, then reinforcement learning with searches of at most ${rl['max-turns']} turns: once with over-turn masking, ` +
        'which leaves searches that run out of turns out of the update, and once without (vanilla), where they count as wrong. ' +
        `All three policies are measured on the same held-out scenes with up to ${testTurns} turns.`,
    ),
    ...(smoke ? [{ kind: 'warning', text: smokeNote } as const] : []),
    facts(results),
    heading('In figures'),
    text(
      'Accuracy in per cent with 95 % intervals over scenes. There is one training seed, so the intervals do not say how much ' +
        'another run of the training would differ.',
    ),
    { kind: 'table', table: summaryTable(results) },
    heading('Accuracy against the turn limit'),
    text(
      'The paper saw: trained with six turns and the mask, accuracy keeps rising up to 32 turns; the mask is essential for that.',
    ),
    {
      kind: 'figures',
      figures: levelsOf(results).map((level) => {
        return { svg: accuracyChart(results, level), caption: accuracySentence(results, level) }
      }),
    },
    { kind: 'table', table: accuracyTable(named), fold: 'These figures as a table' },
    heading('Turns over training'),
    text('The paper saw: without the mask the policy learns to answer earlier; with it, long searches stay alive.'),
    { kind: 'figures', figures: [training(turnsFigure)] },
    ...earlyEnds(results).map(text),
    heading('Reward and searches out of turns over training'),
    text(
      'The paper saw: at the start more than a fifth of the searches run out of turns, and vanilla training counts each as wrong.',
    ),
    { kind: 'figures', figures: [training(rewardFigure), training(overTurnFigure)] },
    text('Lines are means over the last few steps; bands show their minimum and maximum.'),
    { kind: 'table', table: trainingTable(results), fold: 'The figures of training as a table' },
    ...changeParts(results),
    ...(pages.length > 0 ? pagesParts(pages) : []),
    heading('The stages'),
    text('Each stage is an ordinary command. Memory is the peak of the whole process up to then.'),
    { kind: 'table', table: stagesTable(results) },
  ])
}

/** By level, by outcome and by part of a turn, for each objective. */
function changeParts({ changes }: RecipeResults): Part[] {
  return trainedPolicies.flatMap((objective): Part[] => {
    const table = changes[objective]
    if (table === undefined) return []
    return [heading(`${policyWords[objective]}: the first steps of training and the last`), { kind: 'table', table }]
  })
}

function heading(words: string): Part {
  return { kind: 'heading', text: words }
}

function text(words: string): Part {
  return { kind: 'text', text: words }
}

function stagesTable({ stages }: RecipeResults): Table {
  return {
    head: ['stage', 'time', 'peak memory', 'command'],
    rows: stages.map((stage) => [
      stage.name,
      durationText(stage.seconds),
      `${stage.peakMemoryMiB} MiB`,
      commandLine(stage),
    ]),
  }
}

function facts({ settings, stages }: RecipeResults): Part {
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0)
  const memory = Math.max(...stages.map(({ peakMemoryMiB }) => peakMemoryMiB))
  const ended = stages.map(({ endedAt }) => endedAt).toSorted()
  return {
    kind: 'facts',
    facts: [
      ['preset', settings.preset],
      ['finished', ended.at(-1)?.slice(0, 10) ?? '–'],
      ['seed', String(settings.seed)],
      ['worker threads', String(settings.workers)],
      ['work', durationText(seconds)],
      ['peak memory', `${memory} MiB`],
    ],
  }
}

function pagesParts(paths: readonly string[]): Part[] {
  return [
    heading('Searches to replay'),
    text('For each level one correct and one incorrect search, and some of the cold start.'),
    { kind: 'links', paths },
  ]
}
