/** `mini-o3 models`: lists, downloads and removes the vision models that run in this program. */
import type { Command } from 'commander'
import { localEngine } from '../discover/local-models.ts'
import { plainTable } from '../evaluate/document/table.ts'
import { knownModels } from '../hub/known-models.ts'
import { planRemoval, pulledModels, unfinishedPulls } from '../hub/local-model.ts'
import { bytesText } from '../shared/bytes.ts'
import { addCommand } from './options/command.ts'
import { flag, inGroup } from './options/schema.ts'
import type { Values } from './options/schema.ts'
import { jsonOption } from './options/shared.ts'
import { isAgreed } from './print/consent.ts'
import { columns, print, printJson, say } from './print/output.ts'
import { broughtHere } from './pull-model.ts'

const yesOption = inGroup('Output', { yes: flag('do not ask for confirmation') })
const changeOptions = { ...yesOption, ...jsonOption }
type ChangeOptions = Values<typeof changeOptions>

const modelArgument = {
  '<model>': 'a known name such as qwen3-vl-4b, or hub:<owner>/<name>; optionally followed by :<quant> and @<revision>',
}

export function addModels(program: Command): void {
  const models = program
    .command('models')
    .summary('list, download and remove models that run in this program')
    .description(
      'Vision models (GGUF with a projector) that --policy local:<model> runs in this program. They are kept in the ' +
        'shared Hugging Face Hub cache.',
    )
  addCommand(models, {
    name: 'list',
    summary: 'list downloaded and available models',
    description:
      'Lists the models on this machine and those that can be downloaded, with size, memory, licence and profile. Sends no request.',
    options: jsonOption,
    examples: ['mini-o3 models list', 'mini-o3 models list --json'],
    isDefault: true,
    run: listModels,
  })
  addCommand(models, {
    name: 'pull',
    summary: 'download a model',
    description:
      'Shows files, sizes and licence, asks for confirmation, and downloads. An interrupted download resumes where it stopped; every file is checked against ' +
      'its hash. HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE have their usual meaning.',
    arguments: modelArgument,
    options: changeOptions,
    examples: [
      'mini-o3 models pull qwen3-vl-4b',
      'mini-o3 models pull qwen3-vl-4b:Q8_0 --yes',
      'mini-o3 models pull hub:ggml-org/Qwen2.5-VL-7B-Instruct-GGUF',
    ],
    run: (options, [name = '']) => pullModel(name, options),
  })
  addCommand(models, {
    name: 'remove',
    summary: 'delete a downloaded model',
    description:
      'Deletes the files of the model from the shared cache, and unfinished downloads of its repository, after asking for confirmation.',
    arguments: modelArgument,
    options: changeOptions,
    examples: ['mini-o3 models remove qwen3-vl-4b'],
    run: (options, [name = '']) => removeModel(name, options),
  })
}

async function listModels({ json }: Values<typeof jsonOption>): Promise<void> {
  const [pulled, unfinished] = await Promise.all([pulledModels(), unfinishedPulls()])
  const engine = localEngine()
  if (json) return printJson({ pulled, unfinished, known: knownModels, engine })
  const here = new Set(pulled.map(({ name }) => name))
  const parts = unfinished.map(({ repository, bytes }) => [repository, `${bytesText(bytes)} of an unfinished download`])
  const rows = [...pulled.map(({ name, bytes }) => [name, bytesText(bytes)]), ...parts]
  print(rows.length === 0 ? 'No model is on this machine yet.' : table(['on this machine', 'size'], rows))
  const others = knownModels.filter(({ name }) => !here.has(name))
  const about = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
  if (others.length > 0)
    print(
      `\n${table(
        ['mini-o3 models pull', 'download', 'memory', 'licence'],
        others.map((own) => [own.name, about(own.bytes), about(own.memoryBytes), own.licence]),
      )}`,
    )
  print(`\n${engine.text}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return plainTable({ head, rows }, columns())
}

async function pullModel(name: string, { yes, json }: ChangeOptions): Promise<void> {
  const model = await broughtHere(name, yes)
  if (model === undefined) return say('Nothing was downloaded.')
  if (json) return printJson(model)
  print(`${name} is on this machine, ${bytesText(model.bytes)}. To search with it:`)
  print(`  mini-o3 ask photo.jpg "What does the sign say?" --policy local:${name}`)
}

async function removeModel(name: string, { yes, json }: ChangeOptions): Promise<void> {
  const { folder, paths, bytes, remove } = await planRemoval(name)
  say(`From ${folder}:`)
  for (const path of paths) say(`  ${path}`)
  const command = `mini-o3 models remove ${name} --yes`
  if (!(await isAgreed({ yes, question: `Delete ${bytesText(bytes)}?`, command }))) return say('Nothing was deleted.')
  await remove()
  if (json) printJson({ name, folder, paths, bytes })
  else print(`${name} was deleted, ${bytesText(bytes)}.`)
}
