/** `mini-o3 probe build`: problems made of generated scenes, in the JSON rows of Mini-o3, with their pictures. */
import type { Command } from 'commander'
import { buildProbe } from '../probe/dataset.ts'
import { buildWorlds } from '../probe/world/dataset.ts'
import { levels } from '../protocol/problem.ts'
import type { Level } from '../protocol/problem.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { startProgress } from '../shared/progress.ts'
import { print, printJson, say } from './output.ts'
import { choice, examples, seedAndJson, wholeNumber } from './words.ts'

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
    .option('--jobs <n>', 'pictures drawn at once (default: one a core)', wholeNumber(1, 256))
  seedAndJson(command)
  examples(command, 'mini-o3 probe build --out data/probe --train 600 --test 30 --seed 1')
  command.action(build)
}

async function build(words: BuildWords): Promise<void> {
  const { out, train, test, seed, level, kind, side, format, pictures, jobs } = words
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
    if (words.json) printJson({ ...built, problems: { train, test }, seed })
    else
      print(`${train} train problems: ${built.train}\n${test} test problems: ${built.test}\n${built.pictures} pictures`)
  } finally {
    progress?.finish()
    interrupt.release()
  }
}
