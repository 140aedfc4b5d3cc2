/** What an icon of a set shows, in plain words: drawings of one thing by several sets get the same name. Pure. */
import { askedEmoji, fxNames, pictograms, plainNames, refusedDrawings, refusedEmoji } from './sticker-names.ts'

export const iconSetNames = ['fluent-emoji-flat', 'noto-v1', 'fxemoji', 'mdi', 'temaki', 'maki'] as const
export type IconSetName = (typeof iconSetNames)[number]

/** Emoji that may be shown, by their letters without hyphens. */
export type Vocabulary = ReadonlyMap<string, string>

export function vocabularyOf(emoji: readonly string[]): Vocabulary {
  const shown = emoji.filter((name) => !refusedEmoji.has(name) && !/-(oclock|thirty)$/.test(name))
  return new Map(shown.map((name) => [letters(name), name]))
}

/** The plain name, such as `magnifying glass`; undefined for an icon that worlds do not show. */
export function conceptOf(set: IconSetName, icon: string, emoji: Vocabulary): string | undefined {
  if (refusedDrawings.has(`${set}:${icon}`)) return undefined
  if (set === 'mdi' || set === 'temaki' || set === 'maki') {
    return pictograms[set].has(icon) ? icon.replace(/\d+$/, '').replaceAll('-', ' ') : undefined
  }
  const name = emoji.get(letters((set === 'fxemoji' && fxNames[icon]) || icon))
  return name && plainName(name)
}

/** The names that questions ask about, in a fixed order. */
export const askedNames: readonly string[] = askedEmoji.map(plainName)

function plainName(emoji: string): string {
  return plainNames[emoji] ?? emoji.replaceAll('-', ' ')
}

function letters(name: string): string {
  return name.replaceAll('-', '')
}
