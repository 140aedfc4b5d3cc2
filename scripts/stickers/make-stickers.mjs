/**
 * Writes `stickers/`, the drawings of worlds, from the icon packages among the development tools: one file a set, a line a sticker,
 * and the names that questions ask about. `--check` writes nothing and exits 1 where the files differ from what it would write.
 *
 *     node scripts/stickers/make-stickers.mjs [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { askedNames, chooseStickers } from './choose.mjs'

const sets = ['fluent-emoji-flat', 'noto-v1', 'fxemoji', 'mdi', 'temaki', 'maki']
/** Things, animals, places and faces; the sets call people and symbols the same. */
const categories = ['Activities', 'Animals & Nature', 'Food & Drink', 'Objects', 'Smileys & Emotion', 'Travel & Places']
const root = new URL('../../', import.meta.url)

/**
 * @param {string} set
 * @param {string} file
 */
function readIcons(set, file) {
  return JSON.parse(readFileSync(new URL(`node_modules/@iconify-json/${set}/${file}.json`, root), 'utf8'))
}

const emoji = categories.flatMap((category) => readIcons('fluent-emoji-flat', 'metadata').categories[category])
const chosen = chooseStickers(
  sets.map((set) => [set, readIcons(set, 'icons')]),
  emoji,
)
const files = { ...chosen, asked: askedNames }

for (const [name, content] of Object.entries(files)) {
  const file = new URL(`stickers/${name}.json`, root)
  const lines = Object.entries(content).map(
    ([key, value]) => `${Array.isArray(content) ? '' : `${JSON.stringify(key)}: `}${JSON.stringify(value)}`,
  )
  const [open, close] = Array.isArray(content) ? '[]' : '{}'
  const text = `${open}\n${lines.join(',\n')}\n${close}\n`
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`stickers/${name}.json is not what this script writes: run it without --check.`)
    process.exitCode = 1
  }
}
