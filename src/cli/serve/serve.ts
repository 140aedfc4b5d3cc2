/** `mini-o3 serve`: the pages, and the policy behind an OpenAI-compatible endpoint and an MCP server, until Ctrl-C. */
import { once } from 'node:events'
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import { openAsks } from '../../server/api/asks.ts'
import { openPictures } from '../../server/api/pictures.ts'
import { apiRoutes } from '../../server/api/routes.ts'
import { embeddedRoutes, embeddedSearcher, usualQueue } from '../../server/openai/embedded-routes.ts'
import { tokenVariable } from '../../server/http/guard.ts'
import { mcpRoutes } from '../../server/mcp/routes.ts'
import { pageRoutes } from '../../server/pages.ts'
import type { Searcher } from '../../server/searcher.ts'
import { SearchQueue } from '../../server/search-queue.ts'
import { servedRuns } from '../../server/runs/served-runs.ts'
import { startServer } from '../../server/http/start-server.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { settleAll } from '../../shared/settle-all.ts'
import { askPolicies, checkPolicyName, isChat, openPolicy, policyWords } from '../words/choose-policy.ts'
import type { PolicyWords } from '../words/choose-policy.ts'
import { profileOf, profileWords } from '../words/choose-profile.ts'
import type { ProfileWords } from '../words/choose-profile.ts'
import { print, printJson, report, say } from '../print/output.ts'
import { readPolicies } from './policies-file.ts'
import { examples, wholeNumber } from '../words/common.ts'

export interface ServeWords extends PolicyWords, ProfileWords {
  readonly host: string
  readonly port: number
  readonly runs: string
  readonly keep?: true
  readonly policies?: string
  readonly json?: true
}

/** The words that `serve` and `view` share. */
export function serveWords(command: Command): Command {
  return command
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any free one', wholeNumber(0, 65_535), 8420)
    .option('--json', 'print one line {"url": ...} on stdout when ready, and everything else on stderr')
}

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('open the pages, an OpenAI-compatible endpoint and an MCP server')
    .description(
      'Until Ctrl-C: a page to ask and to look at runs; chat completions of the models "embedded" (a turn at a time) ' +
        `and "search:embedded" (a whole search); MCP under /mcp. Beyond this machine only with ${tokenVariable} set. ` +
        'With --policy chat:<model> questions can also be put to a model behind a server; its key stays in this process.',
    )
    .option('--runs <folder>', 'run folders to look at', 'runs')
    .option(
      '--keep',
      'keep what is searched, pictures included, as runs in <runs>/served, the newest 2,000 searches or 2 GiB ' +
        '(default: the newest 200 in memory, until the server ends)',
    )
    .option('--policies <file>', 'further models to choose from: a YAML list of --policy, --base-url and their like')
  serveWords(command)
  policyWords(command, 0.3, askPolicies, true)
  profileWords(command)
  examples(
    command,
    'mini-o3 serve',
    'mini-o3 serve --policies policies.yaml --keep',
    'mini-o3 serve --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
    'mini-o3 ask scene.jpg "Which digit is on the red heart?" --policy chat:embedded --profile embedded ' +
      '--base-url http://127.0.0.1:8420/v1',
  )
  command.action((words: ServeWords) => serve(words, []))
}

const embeddedNote =
  'Knows generated scenes and "Which digit is on the <colour> <shape>?": about any other picture its answer means nothing.'

/** `page`: where on the pages to begin, as parts of a path. */
export async function serve(words: ServeWords, page: readonly string[]): Promise<void> {
  const { host, port, checkpoint, temperature, runs, keep, json } = words
  checkPolicyName(words, askPolicies)
  const listed = words.policies === undefined ? [] : readPolicies(words.policies, temperature)
  const models = [...(isChat(words) ? [words] : []), ...listed].map((one) => ({ words: one, profile: profileOf(one) }))
  const pages = await pageRoutes()
  const interrupt = catchInterrupt(() => say('Closing, once all answers are out. Ctrl-C again quits at once.'))
  const { sampler, close } = await openEmbeddedSampler({ checkpoint })
  const queue = new SearchQueue(usualQueue)
  const own = embeddedSearcher(sampler, queue)
  const embedded = { ...own, policy: (wanted = temperature) => own.policy(wanted) }
  const pictures = openPictures()
  const archive = keep && servedRuns(runs)
  const opened: Policy[] = []
  try {
    const others: Searcher[] = []
    for (const { words: one, profile } of models) {
      const policy = await openPolicy(one, profile)
      opened.push(policy)
      others.push({ name: one.policy, profile, policy: () => policy, queue })
    }
    const token = process.env[tokenVariable] || undefined
    const shown = others.map((searcher) => ({
      searcher,
      note: 'A model behind a server: takes any picture and question.',
    }))
    const searchers = [...shown, { searcher: embedded, note: embeddedNote }]
    const { signal } = interrupt
    const asks = openAsks({ searchers, pictures, queue, archive, onFault: report, signal })
    const routes = {
      ...pages,
      ...apiRoutes({ searchers, pictures, asks, runs, archives: archive !== undefined, signal }),
      ...embeddedRoutes(sampler, { queue, others, keep: asks.keep }),
      ...mcpRoutes({ searcher: others[0] ?? embedded, keep: asks.keep, onFault: report }),
    }
    const server = await startServer({ host, port, token, routes, onFault: report })
    const place = page.length === 0 ? '' : `/#/${page.map(encodeURIComponent).join('/')}`
    if (json) printJson({ url: server.url + place })
    else print(whereItIs(server.url, place, token !== undefined))
    if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort')
    await server.close()
  } finally {
    interrupt.release()
    await settleAll([...opened.map((policy) => policy.close?.()), archive?.close(), pictures.close(), close()])
  }
}

/** The token itself is never printed. */
function whereItIs(url: string, place: string, guarded: boolean): string {
  const entrance = guarded ? `/?token=<${tokenVariable}>${place.slice(1)}` : place
  // Listening everywhere is no address that another machine could open.
  const base = url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, `//${hostname()}`)
  return `Open ${base}${entrance} in a browser. For programs: ${base}/v1 and ${base}/mcp. Ctrl-C ends it.`
}
