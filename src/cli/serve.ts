/** `mini-o3 serve`: the embedded policy behind an OpenAI-compatible endpoint, until Ctrl-C. */
import { once } from 'node:events'
import type { Command } from 'commander'
import { openEmbeddedSampler } from '../policy/embedded/embedded-policy.ts'
import { tokenVariable } from '../server/guard.ts'
import { embeddedRoutes } from '../server/embedded-routes.ts'
import { startServer } from '../server/start-server.ts'
import { catchInterrupt } from '../shared/interrupt.ts'
import { print, printJson, report, say } from './output.ts'
import { examples, wholeNumber } from './words.ts'

interface ServeWords {
  readonly host: string
  readonly port: number
  readonly checkpoint?: string
  readonly json?: true
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('put the embedded policy behind an OpenAI-compatible endpoint')
    .description(
      `Answers chat completions of the model "embedded" until Ctrl-C. Beyond this machine only with ${tokenVariable} set.`,
    )
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any free one', wholeNumber(0, 65_535), 8420)
    .option('--checkpoint <file>', 'weights of the embedded policy (default: those that ship)')
    .option('--json', 'print one line {"url": ...} on stdout when ready, and everything else on stderr')
  examples(
    command,
    'mini-o3 serve',
    'mini-o3 ask scene.jpg "Which digit is on the red heart?" --policy chat:embedded --profile embedded ' +
      '--base-url http://127.0.0.1:8420/v1',
  )
  command.action(serve)
}

async function serve({ host, port, checkpoint, json }: ServeWords): Promise<void> {
  const interrupt = catchInterrupt(() => say('Closing, once all answers are out. Ctrl-C again quits at once.'))
  const { sampler, close } = await openEmbeddedSampler({ checkpoint })
  try {
    const token = process.env[tokenVariable] || undefined
    const server = await startServer({ host, port, token, routes: embeddedRoutes(sampler), onFault: report })
    if (json) printJson({ url: server.url })
    else print(`Serving the model "embedded" at ${server.url}/v1; Ctrl-C ends it.`)
    if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort')
    await server.close()
  } finally {
    await close()
    interrupt.release()
  }
}
