/** `mini-o3 probe check` and `probe show`: verify a problem set, and show it. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { probeSheet, shapesProblem, worldProblem } from '../../page/probe-sheet.ts'
import type { SheetProblem } from '../../page/probe-sheet.ts'
import type { ProbeCheck } from '../../probe/check-set.ts'
import { readShapes } from '../../probe/check-shapes.ts'
import { checkProbe, readProbeConfig } from '../../probe/check.ts'
import type { Split } from '../../probe/dataset.ts'
import { readRows } from '../../probe/world/check.ts'
import { MiniO3Error, UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { print, printJson } from '../print/output.ts'
import { addCommand } from '../options/command.ts'
import { inGroup, text, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { jsonOption } from '../options/shared.ts'

const showOptions = {
  ...inGroup('Problems', {
    limit: whole('number of problems to show, starting with the test split', { min: 1, max: 500, fallback: 24 }),
  }),
  ...inGroup('Output', { out: text('<file>', 'output file', { fallbackText: 'sheet.html in the folder' }) }),
  ...jsonOption,
}

const folder = { '<folder>': 'folder written by probe build' }

export function addProbeLook(probe: Command): void {
  addCommand(probe, {
    name: 'check',
    summary: 'verify a problem set',
    description:
      'Derives every answer again, reports faults, and measures how many questions can be answered without looking.',
    arguments: folder,
    options: jsonOption,
    examples: ['mini-o3 probe check data/worlds'],
    run: (options, [path = '']) => checkSet(path, options),
  })
  addCommand(probe, {
    name: 'show',
    summary: 'write a contact sheet of a problem set',
    description: 'Writes one HTML page with pictures, questions, answers, and the targets outlined and magnified.',
    arguments: folder,
    options: showOptions,
    examples: ['mini-o3 probe show data/worlds --limit 12'],
    run: (options, [path = '']) => showSet(path, options),
  })
}

async function checkSet(folder: string, { json }: { readonly json?: true }): Promise<void> {
  const found = await checkProbe(folder)
  if (json) printJson({ ok: found.faults.length === 0, ...found })
  else print(checkText(found))
  if (found.faults.length === 0) return
  throw new MiniO3Error(
    'probe-faulty',
    `${folder} has ${found.faults.length === 1 ? 'a fault' : `${found.faults.length} faults`}. Build it again in another folder.`,
  )
}

const shownFaults = 40

/** The ideal reader that the shares refer to: sets of shapes are made for the embedded policy. */
const seenBy = {
  shapes: 'a reader of every digit that is large enough in the views of the embedded policy',
  world: 'a reader who recognises everything that is large enough',
} as const

function checkText({ kind, problems, pictures, faults, byFamily, byLevel }: ProbeCheck): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  return [
    `${problems.train} train and ${problems.test} test problems${pictures > 0 ? '' : ', without pictures'}`,
    `Right by blind guess / from the overview / with crops, for ${seenBy[kind]}:`,
    ...Object.entries(byLevel).map(([level, { problems: n, blind, overview, crops, meanTargetShare }]) => {
      const target = `target ${(meanTargetShare * 100).toPrecision(2)} % of the picture`
      return `  ${level}: ${percent(blind)} / ${percent(overview)} / ${percent(crops)}, ${target}, ${n} problems`
    }),
    kind === 'world'
      ? 'Share of the most common answer / of the most common letter:'
      : 'Share of the most common answer:',
    ...Object.entries(byFamily).map(([family, { problems: n, commonestAnswer, commonestLetter }]) => {
      const letter = commonestLetter === undefined ? '' : ` / ${percent(commonestLetter)}`
      return `  ${family}: ${percent(commonestAnswer)}${letter}, ${n} problems`
    }),
    ...faults.slice(0, shownFaults).map((fault) => `fault: ${fault}`),
    ...(faults.length > shownFaults ? [`and ${faults.length - shownFaults} more faults`] : []),
    ...(faults.length === 0 ? ['No faults.'] : []),
  ].join('\n')
}

async function showSet(folder: string, { limit, out, json }: Values<typeof showOptions>): Promise<void> {
  const { kind, pictures } = await readProbeConfig(folder)
  const read = async (split: Split): Promise<SheetProblem[]> =>
    kind === 'world'
      ? (await readRows(folder, split, [])).map((row) => worldProblem(folder, row))
      : (await readShapes(folder, split, [])).map((row) => shapesProblem(folder, row, pictures))
  const problems = [...(await read('test')), ...(await read('train'))].slice(0, limit)
  if (problems.length === 0) {
    throw new UserError('data-not-found', `${folder} contains no problems yet. Repeat the command that builds it.`)
  }
  const page = out ?? join(folder, 'sheet.html')
  await replaceFile(page, await probeSheet(folder, problems))
  if (json) printJson({ page, problems: problems.length })
  else print(page)
}
