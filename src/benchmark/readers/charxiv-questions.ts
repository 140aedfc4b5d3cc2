/**
 * CharXiv's questions about a chart: its file names 19 templates by number, here in our own words, and asks for forms of answers and of
 * grading, which are told to the policy and to an LLM judge. Pure.
 */
import { itemAt } from '../../shared/known.ts'

const notApplicable = 'If there is none, answer "Not Applicable".'
const axisX = 'A shared axis counts for each plot; of two x-axes the bottom one counts.'
const axisY = 'A shared axis counts for each plot; of two y-axes the left one counts.'
const tick = 'Give the value as it is written at the tick, without units or factors that are written elsewhere.'
const steps = 'If there are no numbers at its ticks, or their difference is not constant, answer "Not Applicable".'
const lines =
  'Grid lines, tick marks and auxiliary lines do not count. If it is not a line plot, answer "Not Applicable".'
const legend =
  'Only labels of this plot count, wherever its legend stands. If it has no legend, answer "Not Applicable".'
const colourBar =
  'Leave out a percent sign. If it has no colour bar with tick labels, or none of this plot, answer "Not Applicable".'

/** Number 1 first. */
const templates: readonly string[] = [
  `what is its title? A letter alone is no title. ${notApplicable}`,
  `what is the label of the x-axis? ${axisX} ${notApplicable}`,
  `what is the label of the y-axis? ${axisY} ${notApplicable}`,
  `what is the leftmost labelled tick of the x-axis? ${axisX} ${tick}`,
  `what is the rightmost labelled tick of the x-axis? ${axisX} ${tick}`,
  `what is the lowest labelled tick of the y-axis, by its place? ${axisY} ${tick}`,
  `what is the highest labelled tick of the y-axis, by its place? ${axisY} ${tick}`,
  `by how much do neighbouring tick values of the x-axis differ? ${axisX} ${tick} ${steps}`,
  `by how much do neighbouring tick values of the y-axis differ? ${axisY} ${tick} ${steps}`,
  `how many lines are there? ${lines}`,
  `do any lines intersect? Answer "Yes" or "No". ${lines}`,
  `how many separate labels does the legend have? ${legend}`,
  `what are the labels of the legend? List them from top to bottom, then from left to right, separated by commas. ${legend}`,
  `what is the difference between the largest and the smallest tick label of the colour bar? ${colourBar}`,
  `what is the largest tick label of the colour bar? ${colourBar}`,
  'what is the general trend of the data from left to right? Answer in a few words, such as "increases, then stays the same".',
  'how many ticks have a label, over all axes? Ticks of a shared axis count.',
  'How are the subplots arranged? Answer "n by m" for n rows and m columns, and "1 by 1" if there are no subplots.',
  'How many subplots are there? Answer "1" if there are none.',
]
/** The last two ask about the whole figure. */
const ofFigure = new Set([18, 19])

export type SubplotPlace = { readonly words: string } | { readonly row: number; readonly column: number }

/** Undefined if there is no such template. */
export function descriptiveQuestion(template: number, place: SubplotPlace): string | undefined {
  const text = templates[template - 1]
  if (text === undefined || ofFigure.has(template)) return text
  if ('words' in place) return `For ${place.words}, ${text}`
  return place.row === 0
    ? `For this plot, ${text}`
    : `For the subplot in row ${place.row} and column ${place.column}, ${text}`
}

const applicable = 'If the reference is "Not Applicable", the answer has to say so.'
const sameTerms = 'Every term has to be the same; another notation (alpha for α) is fine.'
const rules = {
  title: `${sameTerms} A letter in front such as (a) may be missing. ${applicable}`,
  ocr: `${sameTerms} A number has to have the same value. ${applicable}`,
  quant: `Both have to be numbers of the same value. ${applicable}`,
  bool: `Both have to be the same. ${applicable}`,
  enum: `${sameTerms} The order of the terms has to be the same. ${applicable}`,
  trend: 'Both have to describe the same general trend.',
  layout: 'The number of rows and the number of columns have to be the same.',
}
export type DescriptiveRule = keyof typeof rules

/** As CharXiv groups its templates for reports, and by which of its seven rules their answers are graded. */
export function descriptiveKind(template: number): {
  readonly category: string
  readonly name: DescriptiveRule
  readonly rule: string
} {
  const [category, name] = itemAt(kinds, template - 1)
  return { category, name, rule: rules[name] }
}

const extraction = 'Information Extraction'
const kinds: readonly (readonly [category: string, rule: DescriptiveRule])[] = [
  [extraction, 'title'],
  ...Array.from({ length: 6 }, () => [extraction, 'ocr'] as const),
  ['Enumeration', 'quant'],
  ['Enumeration', 'quant'],
  ['Counting', 'quant'],
  ['Pattern Recognition', 'bool'],
  ['Counting', 'quant'],
  ['Enumeration', 'enum'],
  ['Enumeration', 'quant'],
  ['Enumeration', 'quant'],
  ['Pattern Recognition', 'trend'],
  ['Compositionality', 'quant'],
  ['Pattern Recognition', 'layout'],
  ['Counting', 'quant'],
]

const exactNumber = 'Both have to be numbers of the same value; another notation (1.5e3 for 1500) is fine.'

/** By CharXiv's number of the answer type, 1 first. */
export const reasoningKinds = [
  {
    category: 'Text-in-Chart',
    request:
      'Answer with text that is written in the chart, several terms separated by commas, subplots and labels by their full names ' +
      'unless the question asks otherwise.',
    rule: `${sameTerms} Several terms may come in any order.`,
  },
  {
    category: 'Text-in-General',
    request: 'Answer with one of the options, if the question has any, or as it asks, or else with a short phrase.',
    rule: 'If the question offers options, the answer has to be the same one. Otherwise both have to mean the same.',
  },
  {
    category: 'Number-in-Chart',
    request: 'Answer with a number that is written in the chart, even if it is only near; it may be part of a text.',
    rule: exactNumber,
  },
  { category: 'Number-in-General', request: undefined, rule: exactNumber },
] as const

/** How many decimals an answer has to have, by those of the reference. */
export function decimalsRequest(reference: string): string {
  const decimals = reference.split('.')[1]?.length
  return decimals === undefined ? 'Answer with a whole number.' : `Answer with a number with ${decimals} decimals.`
}
