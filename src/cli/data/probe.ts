/** `mini-o3 probe build`: problems on generated scenes, as Mini-o3 JSON rows with their pictures. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { levelCounts, shapesCard } from '../../probe/card.ts'
import { readShapes } from '../../probe/check-shapes.ts'
import { buildProbe } from '../../probe/dataset.ts'
import type { Split } from '../../probe/dataset.ts'
import { publishedShapes, setColumns, writeProbeParquet } from '../../probe/parquet.ts'
import type { PublishedRow } from '../../probe/parquet.ts'
import { readRows } from '../../probe/world/check.ts'
import { buildWorlds } from '../../probe/world/dataset.ts'
import { worldsCard } from '../../probe/world/card.ts'
import { levels } from '../../protocol/problem.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import { UserError } from '../../shared/errors.ts'
import { replaceFile } from '../../shared/replace-file.ts'
import { print, printJson, say } from '../print/output.ts'
import { addProbeLook } from './probe-look.ts'
import { addCommand } from '../options/command.ts'
import { flag, inGroup, oneOf, only, required, restrict, text, turnedOff, whole } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { jsonOption, seedOption } from '../options/shared.ts'

const buildOptions = {
  ...inGroup('Problems', {
    train: whole('number of training problems', { min: 0, fallback: 0 }),
    test: whole('number of test problems; their scenes are never in the training split', { min: 0, fallback: 0 }),
    level: oneOf('<level>', 'only this level (default: all three)', levels),
    kind: oneOf('<kind>', 'scene generator', ['shapes', 'world'], { fallback: 'shapes' }),
    side: whole('longer side of the pictures', {
      takes: '<pixels>',
      min: 64,
      max: 8192,
      fallbackText: '4096; for worlds set by the level, up to 7680',
    }),
    ...seedOption(),
  }),
  ...inGroup('Output', {
    out: required(text('<folder>', 'output folder')),
    ...restrict(
      {
        format: oneOf('<format>', 'picture format', ['jpeg', 'png'], { fallback: 'jpeg' }),
        jobs: whole('pictures drawn in parallel', { min: 1, max: 256, fallbackText: 'one per core' }),
      },
      only<{ readonly pictures: boolean }>(({ pictures }) => pictures, 'for pictures: remove --no-pictures'),
    ),
    pictures: turnedOff('write rows only; commands draw the scenes on demand'),
    parquet: flag('also write Hugging Face parquet shards with a dataset card'),
  }),
  ...jsonOption,
}

type BuildOptions = Values<typeof buildOptions>

export function addProbe(program: Command): void {
  const probe = program
    .command('probe')
    .summary('build and check visual search problems')
    .description('Generated scenes with questions whose answer covers a few pixels.')
  addCommand(probe, {
    name: 'build',
    summary: 'build a data set',
    description: 'Writes train.json and test.json (Mini-o3 rows) with their pictures/. Repeat the command to resume.',
    options: buildOptions,
    examples: [
      'mini-o3 probe build --out data/probe --train 600 --test 30 --seed 1',
      'mini-o3 probe build --out data/worlds --kind world --test 60 --parquet',
    ],
    run: build,
  })
  addProbeLook(probe)
}

async function build(options: BuildOptions): Promise<void> {
  const { out, train, test, seed, level, kind, side, format, pictures, jobs } = options
  if (options.parquet && !pictures) {
    throw new UserError('probe-options', 'Parquet files contain the pictures. Leave out --no-pictures or --parquet.')
  }
  const interrupt = catchInterrupt(() => say('Finishing the pictures in flight. Repeat the command to resume.'))
  let progress: ReturnType<typeof startProgress> | undefined
  try {
    const built = await (kind === 'world' ? buildWorlds : buildProbe)({
      out,
      train,
      test,
      seed,
      level,
      sidePx: side,
      format,
      pictures,
      jobs,
      signal: interrupt.signal,
      onPicture: (done, total) => {
        progress ??= startProgress({ label: 'pictures', total, done: done - 1 })
        progress.advance()
      },
    })
    const shards = options.parquet ? await writeShards(options) : []
    if (options.json)
      printJson({ ...built, ...(options.parquet && { parquet: shards }), problems: { train, test }, seed })
    else
      print(
        [
          `${train} train problems: ${built.train}`,
          `${test} test problems: ${built.test}`,
          `${built.pictures} pictures`,
          ...shards,
        ].join('\n'),
      )
  } finally {
    progress?.finish()
    interrupt.release()
  }
}

async function writeShards({ out, train, test, seed, level, kind, side, format }: BuildOptions): Promise<string[]> {
  const read = async (split: Split): Promise<PublishedRow[]> =>
    kind === 'world' ? readRows(out, split, []) : (await readShapes(out, split, [])).map(publishedShapes)
  const rows = { train: await read('train'), test: await read('test') }
  const drawn = `${level ? ` --level ${level}` : ''}${side ? ` --side ${side}` : ''}${format === 'png' ? ' --format png' : ''}`
  const command = `mini-o3 probe build --kind ${kind} --train ${train} --test ${test} --seed ${seed}${drawn} --parquet`
  const paths = await writeProbeParquet(out, rows, setColumns[kind])
  const card = kind === 'world' ? worldsCard : shapesCard
  await replaceFile(join(out, 'README.md'), card({ seed, command, counts: levelCounts(rows) }))
  return paths
}
