/** `mini-o3 data pull`: downloads the published files of a benchmark into the shared hub cache, and links them for `eval --data`. */
import { lstat, readlink, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Benchmark, BenchmarkPull } from '../../benchmark/benchmark.ts'
import { benchmarkNamed, benchmarks } from '../../benchmark/catalog.ts'
import type { RemoteFile } from '../../hub/listing.ts'
import { planFiles } from '../../hub/pull.ts'
import { repositoryOf } from '../../hub/repository.ts'
import { hubSettings } from '../../hub/settings.ts'
import { bytesText } from '../../shared/bytes.ts'
import { UserError } from '../../shared/errors.ts'
import { makeFolder } from '../../shared/make-folder.ts'
import { unwritable } from '../../shared/unwritable.ts'
import { addCommand } from '../options/command.ts'
import { flag, inGroup, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { jsonOption } from '../options/shared.ts'
import { print, printJson, say } from '../print/output.ts'
import { pullAloud, sayingRetries } from '../print/pull-aloud.ts'

const pullOptions = {
  ...inGroup('Problems', {
    data: text('<folder>', 'folder in which the benchmark is linked, for eval --data', { fallback: 'downloads' }),
  }),
  ...inGroup('Output', { yes: flag('do not ask for confirmation') }),
  ...jsonOption,
}

export function addData(program: Command): void {
  const data = program
    .command('data')
    .summary('download benchmark data')
    .description('The published files of benchmarks, kept in the shared Hugging Face Hub cache.')
  addCommand(data, {
    name: 'pull',
    summary: 'download a benchmark',
    description:
      'Shows files, sizes and licence, asks for confirmation, and downloads like models pull: interrupted downloads resume and every file is checked. ' +
      'mini-o3 eval --list names the benchmarks.',
    arguments: { '<benchmark>': 'benchmark name, for example vstar' },
    options: pullOptions,
    examples: ['mini-o3 data pull vstar', 'mini-o3 data pull hr-bench-4k --data benchmarks --yes'],
    run: (options, [name = '']) => pullData(name, options),
  })
}

async function pullData(name: string, { data, yes, json }: Values<typeof pullOptions>): Promise<void> {
  const benchmark = benchmarkNamed(name)
  const { pull } = benchmark
  if (pull === undefined) throw nothingToPull(benchmark)
  const link = join(data, pull.folder)
  await checkFree(link)
  const repository = repositoryOf('datasets', pull.dataset)
  const plan = await planFiles(repository, hubSettings(), (files) => chosenFiles(files, benchmark, pull), sayingRetries)
  const { title, licence } = benchmark
  const command = `mini-o3 data pull ${name} --data ${data} --yes`
  if (!(await pullAloud(plan, { title, licence, yes, command }))) return say('Nothing was downloaded.')
  await linkTo(plan.folder, data, link)
  if (json) return printJson({ benchmark: name, data, folder: link, commit: plan.commit, bytes: plan.bytes })
  print(`${title} is in ${link}, ${bytesText(plan.bytes)}. To check it and to search:`)
  print(`  mini-o3 eval --benchmark ${name} --data ${data} --check`)
}

function chosenFiles(files: readonly RemoteFile[], { name }: Benchmark, pull: BenchmarkPull): readonly RemoteFile[] {
  const isOf = (own: string, path: string): boolean =>
    /[/*]$/.test(own) ? path.startsWith(own.replace(/\*$/, '')) : path === own
  const chosen = files.filter(({ path }) => pull.files.some((own) => isOf(own, path)))
  const lacking = pull.files.filter((own) => !chosen.some(({ path }) => isOf(own, path)))
  if (lacking.length === 0) return chosen
  throw new UserError(
    'data-moved',
    `${pull.dataset} no longer contains ${lacking.join(', ')}. Download the files of ${name} manually: mini-o3 eval --list says which.`,
  )
}

function nothingToPull({ name, download }: Benchmark): UserError {
  const names = benchmarks.filter(({ pull }) => pull !== undefined).map((own) => own.name)
  return new UserError(
    'data-not-pulled',
    `For ${name} there is nothing to download (${download}). Available: ${names.join(', ')}.`,
  )
}

/** Replaces a link from an earlier pull, and refuses anything else: it may be the user's data. */
async function checkFree(link: string): Promise<void> {
  const there = await lstat(link).catch(() => undefined)
  if (there !== undefined && !there.isSymbolicLink())
    throw new UserError('data-there', `${link} already exists. Use it, or name another folder with --data.`)
}

/** Makes a junction on Windows, where symbolic links need a special privilege. */
async function linkTo(folder: string, data: string, link: string): Promise<void> {
  const target = resolve(folder)
  if ((await readlink(link).catch(() => '')) === target) return
  try {
    await makeFolder(data)
    await rm(link, { force: true })
    await symlink(target, link, 'junction')
  } catch (cause) {
    throw unwritable(link, cause, `The files are in ${folder}, which --data accepts too.`)
  }
}
