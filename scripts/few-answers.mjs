/**
 * Rewrites a set of generated scenes so that guessing pays: node scripts/few-answers.mjs <data folder> <out folder> <digits>
 * The digit on every target becomes one of `digits` (such as 37), in turn within each level, and all else of its scene stays.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodeOf, messageOf, UserError } from '../dist/shared/errors.js'
import { replaceFile } from '../dist/shared/replace-file.js'

/** @param {string[]} args */
async function main([from, out, digits]) {
  if (!/^\d+$/.test(digits ?? '')) {
    throw new UserError('usage', 'usage: node scripts/few-answers.mjs <data folder> <out folder> <digits>')
  }
  for (const file of ['train.json', 'test.json']) {
    const rows = JSON.parse(await readFile(join(from, file), 'utf8'))
    const counts = {}
    const changed = rows.map((row) => {
      if (row.scene?.kind !== 'shapes')
        throw new UserError('other-data', `${file}: ${row.doc_id} is no generated scene.`)
      const at = counts[row.level] ?? 0
      counts[row.level] = at + 1
      const solution = digits.charAt(at % digits.length)
      return { ...row, solution, scene: { ...row.scene, digit: Number(solution) } }
    })
    await replaceFile(join(out, file), `${JSON.stringify(changed)}\n`)
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`error: ${messageOf(error)}`)
  process.exitCode = exitCodeOf(error)
}
