/** `mini-o3 probe build`: problems made of generated scenes, in the JSON rows of Mini-o3, with their pictures. */
import type { Command } from 'commander'
import { buildProbe } from '../../probe/dataset.ts'
import { readRows } from '../../probe/world/check.ts'
import { buildWorlds } from '../../probe/world/dataset.ts'
import { writeParquet } from '../../probe/world/parquet.ts'
import { levels } from '../../protocol/problem.ts'
import type { Level } from '../../protocol/problem.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { startProgress } from '../../shared/progress.ts'
import { UserError } from '../../shared/errors.ts'
import { print, printJson, say } from '../print/output.ts'
import { addProbeLook } from './probe-look.ts'
import { choice, examples, seedAndJson, wholeNumber } from '../words/common.ts'

interface BuildWords {
  readonly out: string
  readonly train: number
  readonly test: number
  readonly seed: number
  readonly level?: Level
  readonly kind: 'shapes' | 'world'
  readonly side?: number
  readonly format: 'jpeg' | 'png'
  readonly pictures: boolean
  readonly parquet?: true
  readonly jobs?: number
  readonly json?: true
}

const sideWords = 'longer side of the pictures (default: 4096; of worlds what their level says, up to 7680)'

export function addProbe(program: Command): void {
  const probe = program
    .command('probe')
    .summary('make visual search problems')
    .description('Generated scenes with questions whose answer hides in a few pixels.')
  const command = probe
    .command('build')
    .summary('build a data set')
    .description('Writes train.json and test.json (Mini-o3 rows) and pictures/ beside them. Repeat it to resume.')
    .requiredOption('--out <folder>', 'where to build')
    .option('--train <n>', 'problems to train on', wholeNumber(0), 0)
    .option('--test <n>', 'problems to test on; their scenes are never trained on', wholeNumber(0), 0)
    .addOption(choice('--level <level>', 'one level only (default: all three, in turn)', levels))
    .addOption(choice('--kind <kind>', 'kind of scene', ['shapes', 'world']).default('shapes'))
    .option('--side <pixels>', sideWords, wholeNumber(64, 8192))
    .addOption(choice('--format <format>', 'of the pictures', ['jpeg', 'png']).default('jpeg'))
    .option('--no-pictures', 'rows only: commands draw the scenes that the rows name')
    .option('--parquet', 'of worlds: Hugging Face parquet shards with a dataset card, too')
    .option('--jobs <n>', 'pictures drawn at once (default: one a core)', wholeNumber(1, 256))
  seedAndJson(command)
  examples(
    command,
    'mini-o3 probe build --out data/probe --train 600 --test 30 --seed 1',
    'mini-o3 probe build --out data/worlds --kind world --test 60 --parquet',
  )
  command.action(build)
  addProbeLook(probe)
}

async function build(words: BuildWords): Promise<void> {
  const { out, train, test, seed, level, kind, side, format, pictures, jobs } = words
  if (words.parquet && kind !== 'world') {
    throw new UserError(
      'probe-options',
      'Only worlds are written as parquet. Add --kind world, or leave out --parquet.',
    )
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
    const shards = words.parquet ? await writeShards(words) : []
    if (words.json) printJson({ ...built, ...(words.parquet && { parquet: shards }), problems: { train, test }, seed })
    else
      print(`${train} train problems: ${built.train}\n${test} test problems: ${built.test}\n${built.pictures} pictures`)
  } finally {
    progress?.finish()
    interrupt.release()
  }
}

async function writeShards({ out, train, test, seed, level, side, format }: BuildWords): Promise<string[]> {
  const faults: string[] = []
  const rows = { train: await readRows(out, 'train', faults), test: await readRows(out, 'test', faults) }
  const drawn = `${level ? ` --level ${level}` : ''}${side ? ` --side ${side}` : ''}${format === 'png' ? ' --format png' : ''}`
  const command = `mini-o3 probe build --kind world --train ${train} --test ${test} --seed ${seed}${drawn} --parquet`
  return writeParquet(out, rows, { seed, command })
}
