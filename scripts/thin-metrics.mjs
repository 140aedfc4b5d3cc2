/** Keeps every n-th line of metrics.jsonl files, for committing: node scripts/thin-metrics.mjs <n> <out.jsonl> <run>=<metrics.jsonl>... */
import { readFile, writeFile } from 'node:fs/promises'

const [every, out, ...inputs] = process.argv.slice(2)
if (inputs.length === 0) {
  console.error('usage: node scripts/thin-metrics.mjs <n> <out.jsonl> <run>=<metrics.jsonl>...')
  process.exit(2)
}
const rounded = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)
const kept = []
for (const input of inputs) {
  const [run, file] = input.split('=')
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  for (const [i, line] of lines.entries()) {
    if ((i + 1) % Number(every) === 0) kept.push(JSON.stringify({ run, ...JSON.parse(line) }, rounded))
  }
}
await writeFile(out, `${kept.join('\n')}\n`)
