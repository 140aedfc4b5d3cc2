/** Prints a search while it runs: for each turn its thought, its box and source, and the size of the returned view. */
import { styleText } from 'node:util'
import { pictureName } from '../../page/step.ts'
import { boxSize } from '../../protocol/box.ts'
import type { Size } from '../../protocol/box.ts'
import type { Observation, Turn } from '../../protocol/trajectory.ts'
import { useWords } from '../../protocol/view-tools.ts'
import { itemAt } from '../../shared/known.ts'
import type { SearchEvent } from '../../search/events.ts'
import { waitingWords } from '../../search/events.ts'
import { plainLine, plainText } from './plain-text.ts'
import { waitingClock } from './waiting-clock.ts'

type Style = Extract<Parameters<typeof styleText>[0], string>

/** The terminal colours closest to the turn colours of the page. */
const turnStyles: readonly Style[] = [
  'yellow',
  'blueBright',
  'magentaBright',
  'green',
  'cyanBright',
  'red',
  'magenta',
  'yellowBright',
]

export interface TurnPrinter {
  print(event: SearchEvent): void
  /** The text in a style, if the terminal supports it. */
  styled(style: Style | readonly Style[], text: string): string
  /** Ends an unfinished line, also after an error. */
  close(): void
}

/** Uses colours only if `stream` is a terminal and `NO_COLOR` is not set. */
export function turnPrinter(stream: NodeJS.WriteStream): TurnPrinter {
  const colours = stream.isTTY && !process.env['NO_COLOR']
  const styled: TurnPrinter['styled'] = (style, text) =>
    colours ? styleText(typeof style === 'string' ? style : [...style], text, { validateStream: false }) : text
  const clock = waitingClock(stream)
  /** The part of the current turn's thought that was printed; undefined before its line starts and after it ends. */
  let begun: string | undefined

  function line(text: string): void {
    close()
    stream.write(`${text}\n`)
  }
  function close(): void {
    clock.stop()
    if (begun !== undefined) stream.write('\n')
    begun = undefined
  }
  const indented = (text: string): void => line(`        ${text}`)
  let originals = 0
  const head = (turn: number): string =>
    `${styled(['bold', itemAt(turnStyles, (turn - 1) % turnStyles.length)], numbered(turn))}  `

  function write(turn: number, text: string): void {
    clock.stop()
    if (begun === undefined) stream.write(head(turn))
    const flat = plainText(text).replace(/\s+/g, ' ')
    const more = begun === undefined || begun === '' || begun.endsWith(' ') ? flat.trimStart() : flat
    stream.write(more)
    begun = (begun ?? '') + more
  }

  return {
    styled,
    close,
    print(event) {
      switch (event.kind) {
        case 'observed':
          if (event.observation.parent === null) originals++
          else indented(styled('dim', observationLine(event.observation, originals)))
          clock.start('waiting for the model')
          return
        case 'writing':
          write(event.turn, event.text)
          return
        case 'waiting':
          indented(styled('dim', plainLine(waitingWords(event))))
          clock.start('waiting for the model')
          return
        case 'thinking': {
          const told = begun
          const whole = plainText(event.text).replace(/\s+/g, ' ').trim()
          if (told !== undefined && whole.startsWith(told)) stream.write(whole.slice(told.length))
          else line(`${head(event.turn)}${plainLine(event.text)}`)
          return
        }
        case 'acted':
          if (event.taken.thought === undefined && begun === undefined) line(numbered(event.turn))
          indented(actionLine(event.taken))
          if (event.taken.error !== undefined) clock.start('waiting for the model')
          return
        case 'taken-back':
          indented(
            styled('dim', `${pictureName(event.observation, originals)} does not fit into the context and was removed`),
          )
          return
        case 'ended':
          close()
      }
    },
  }
}

function numbered(turn: number): string {
  return `turn${String(turn).padStart(3)}`.padEnd(6)
}

function actionLine({ action, error }: Turn): string {
  if (!action && error?.code === 'no-action') return 'neither zooms nor answers'
  const mistake = error ? `  mistake: ${plainLine(`${error.code} ${error.error}`, 160)}` : ''
  if (!action) return mistake.trim()
  if (action.kind === 'answer')
    return `answers${action.plain ? ' in plain prose' : ''} ${plainLine(action.text, 160)}${mistake}`
  if (action.kind === 'tool') return `shows ${plainLine(action.source, 60)} ${useWords(action.use)}${mistake}`
  const box = action.boxRel.map((value) => Math.round(value * 1e4) / 1e4)
  return `zooms to [${box.join(', ')}] of ${plainLine(action.source, 60)}${mistake}`
}

function observationLine({ index, boxInOriginalPx, view }: Observation, originals: number): string {
  return `${pictureName(index, originals)}: ${sizeOptions(boxSize(boxInOriginalPx))} pixels, seen as ${sizeOptions(view)}`
}

function sizeOptions({ width, height }: Size): string {
  return `${width} x ${height}`
}
