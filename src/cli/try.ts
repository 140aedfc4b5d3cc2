/** `mini-o3 try`: writes a page that searches scenes in the browser, with the embedded policy inside. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { writeTryPage } from '../page/try-page.ts'
import { shippedCheckpoint } from '../policy/embedded/embedded-policy.ts'
import { print, printJson } from './print/output.ts'
import { addCommand } from './options/command.ts'
import { inGroup, text } from './options/schema.ts'
import { jsonOption } from './options/shared.ts'

export function addTry(program: Command): void {
  addCommand(program, {
    name: 'try',
    summary: 'write a page that searches scenes in the browser',
    description:
      'Writes one HTML file of at most 3 MB that opens without a server: choose a scene, press Search, and watch. The embedded policy ' +
      'and its engine are in the file; weights are rounded to 16 bits, or to fewer if there are too many.',
    options: {
      ...inGroup('Search', {
        checkpoint: text('<file>', 'weights of the embedded policy', { fallbackText: 'the shipped ones' }),
      }),
      ...inGroup('Output', { out: text('<file>', 'the page', { fallback: 'try.html' }) }),
      ...jsonOption,
    },
    examples: ['mini-o3 try', 'mini-o3 try --checkpoint runs/rl/policy.safetensors --out site/try.html'],
    run: async ({ checkpoint = shippedCheckpoint, out, json }) => {
      const { bytes, bits } = await writeTryPage(out, checkpoint)
      const page = resolve(out)
      if (json) printJson({ page, bytes, bits })
      else print(`${page}\n${(bytes / 1e6).toFixed(1)} MB, weights of ${bits} bits. Open it in a browser.`)
    },
  })
}
