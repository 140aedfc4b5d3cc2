#!/usr/bin/env node
/**
 * Starts the strict test server with a real model behind it, for `--engine tinker:http://127.0.0.1:<port>`, and says at its end what a
 * client did against the protocol.
 *
 *     node test/peers/trainer.mjs <folder of the model> <folder for checkpoints> [port] [--rows n] [--device cpu|cuda]
 *
 * TRAINER_PYTHON   a Python with torch, torchvision and transformers 5
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'

/** The server of test/transformers-server.ts, which Node cannot read by itself. */
export async function startTrainer(options) {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const inline = { root, configFile: /** @type {const} */ (false), logLevel: /** @type {const} */ ('error') }
  const { module } = await runnerImport('/test/transformers-server.ts', inline)
  const python = process.env.TRAINER_PYTHON
  if (python === undefined) throw new Error('Name a Python with torch and transformers in TRAINER_PYTHON.')
  return /** @type {any} */ (module).startTransformersServer({ python, ...options })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: 'string', default: '64' }, device: { type: 'string', default: 'cpu' } },
  })
  const [folder, checkpoints, port = '8472'] = positionals
  if (checkpoints === undefined)
    throw new Error('Usage: trainer.mjs <folder of the model> <folder for checkpoints> [port]')
  const rows = Number(values.rows)
  const server = await startTrainer({ folder, checkpoints, port: Number(port), rows, device: values.device })
  console.log(server.url)
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      console.log(`${server.requests.length} requests, ${server.violations.length} against the protocol`)
      for (const violation of new Set(server.violations)) console.log(violation)
      await server.close()
      process.exit(server.violations.length === 0 ? 0 : 1)
    })
  }
}
