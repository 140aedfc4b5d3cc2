/** `mini-o3 serve`: serves the pages, an OpenAI-compatible endpoint and an MCP server until Ctrl-C. */
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { openEmbeddedSampler } from '../../policy/embedded/embedded-policy.ts'
import { autoPolicy } from '../../policy/registry/kinds.ts'
import { checkPolicy, openPolicy, policyKindOf } from '../../policy/registry/open-policy.ts'
import { askRoutes } from '../../server/api/ask-routes.ts'
import type { UnavailablePolicy } from '../../server/api/ask-routes.ts'
import { openAsks } from '../../server/api/asks.ts'
import { openPictures } from '../../server/api/pictures.ts'
import { runRoutes } from '../../server/api/run-routes.ts'
import { tokenVariable } from '../../server/http/guard.ts'
import { mcpRefusal, mcpRoutes } from '../../server/mcp/routes.ts'
import { machineUser } from '../../runs/notes.ts'
import { embeddedRoutes, embeddedSearcher, usualQueue } from '../../server/openai/embedded-routes.ts'
import { openRuns } from '../../server/runs/runs.ts'
import { servedRuns } from '../../server/runs/served-runs.ts'
import { connectRoutes, noConnectRoutes } from '../../server/models/connect-routes.ts'
import { openModelDesk } from '../../server/models/model-desk.ts'
import type { ModelDeskOptions } from '../../server/models/model-desk.ts'
import { SearchQueue } from '../../server/search-queue.ts'
import type { Searcher } from '../../server/searcher.ts'
import { messageOf, MiniO3Error, UserError } from '../../shared/errors.ts'
import { partialRecordOf } from '../../shared/fields.ts'
import { isLoopback } from '../../shared/loopback.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { settleAll } from '../../shared/settle-all.ts'
import { itemAt } from '../../shared/known.ts'
import { report, say } from '../print/output.ts'
import { withBest } from '../options/auto-policy.ts'
import { leavesMachine, readConfigured } from '../options/configured.ts'
import { addCommand } from '../options/command.ts'
import { policyOptions } from '../options/policy.ts'
import { maxPixelsOption, chosenProfile, profileChanged, profileOptions } from '../options/profile.ts'
import { flag, inGroup, text } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { authorOption } from '../options/shared.ts'
import { listen, listenOptions } from './listen.ts'
import { makeSets } from './make-sets.ts'
import { readPolicies } from '../options/policies-file.ts'
import type { PolicyEntry } from '../options/policies-file.ts'

const policies = policyOptions('ask', 0.3)

const serveOptions = {
  ...policies,
  // The embedded policy is always available, besides the one that is named.
  checkpoint: { ...policies.checkpoint, only: [] },
  // They also apply to models that are connected on the page.
  replyTokens: { ...policies.replyTokens, only: [] },
  context: { ...policies.context, only: [] },
  threads: { ...policies.threads, only: [] },
  ...profileOptions,
  ...maxPixelsOption,
  ...inGroup('Search', {
    policies: text('<file>', 'YAML list of further models, each with options such as policy and base-url'),
  }),
  ...inGroup('Output', {
    runs: text('<folder>', 'folder with the run folders to show', { fallback: 'runs' }),
    keep: flag(
      'store searches with their pictures as runs in <runs>/served, up to the newest 2,000 searches or 2 GiB ' +
        '(default: keep the newest 200 in memory until the server ends)',
    ),
    ...authorOption,
  }),
  ...listenOptions,
}

export function addServe(program: Command): void {
  addCommand(program, {
    name: 'serve',
    summary: 'serve the pages, an OpenAI-compatible endpoint and an MCP server',
    description:
      'Serves until Ctrl-C: pages to ask questions and to look at runs; chat completions of the models "embedded" (a turn at a time) ' +
      `and "search:embedded" (a whole search); MCP under /mcp. Other machines can connect only if ${tokenVariable} is set. ` +
      'With --policy chat:<model> the pages can also ask a model behind a server; its API key stays in this process. Options such as ' +
      '--tools, --max-pixels and --reply-tokens also apply to models that are connected on the page.',
    options: serveOptions,
    examples: [
      'mini-o3 serve',
      'mini-o3 serve --policies policies.yaml --keep',
      'mini-o3 serve --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
      'mini-o3 ask scene.jpg "Which digit is on the red heart?" --policy chat:embedded --profile embedded ' +
        '--base-url http://127.0.0.1:8420/v1',
    ],
    run: async (options, _, command) =>
      serve(options.policy === autoPolicy ? await withBest(command, options) : options),
  })
}

type ServeOptions = Values<typeof serveOptions>

/** The folder may be missing: it is made with the first run. */
async function checkRunsFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === false) {
    throw new UserError('run-folder-taken', `${path} is a file. Name the folder of the runs with --runs.`)
  }
}

async function serve(options: ServeOptions): Promise<void> {
  const { checkpoint, temperature, runs, keep } = options
  await checkRunsFolder(runs)
  const { kind } = checkPolicy(options, 'ask')
  const listed = listedFor(options)
  // A mistake in an entry ends the command; an unreachable server does not.
  for (const one of listed) chosenProfile(one)
  const connected = connectedOptions(options)
  if (!kind.vlm) connected.profileOf(connected.chosen)
  const interrupt = catchInterrupt(() =>
    say('Closing after all responses are sent. Press Ctrl-C again to quit at once.'),
  )
  const { signal } = interrupt
  const closing: (() => unknown)[] = []
  try {
    const { sampler, close } = await openEmbeddedSampler({ checkpoint })
    closing.push(close)
    const queue = new SearchQueue(usualQueue)
    const own = embeddedSearcher(sampler, queue)
    const embedded = { ...own, policy: (wanted = temperature) => own.policy(wanted) }
    const open = async (one: PolicyEntry): Promise<Searcher> => {
      const profile = chosenProfile(one)
      const policy = await openPolicy(one, profile)
      if (policy.about !== undefined) say(`${one.policy}: ${policy.about}`)
      closing.push(() => policy.close?.())
      return { name: one.policy, note: policyKindOf(one)?.note ?? '', profile, policy: () => policy, queue }
    }
    const first = kind.vlm ? [await open(options)] : []
    const { opened, unavailable } = await openListed(listed, open)
    const others = [...first, ...opened]
    for (const { name, reason } of unavailable) say(`${name} is not available: ${reason}`)
    const desk = openModelDesk({
      ...connected,
      queue,
      taken: () => searchers().map(({ name }) => name),
      onFault: report,
      signal,
    })
    closing.push(() => desk.close())
    const searchers = (): Searcher[] => [...others, ...desk.searchers, embedded]
    const connects = isLoopback(options.host)
    const pictures = openPictures()
    const archive = keep && servedRuns(runs)
    closing.push(
      () => archive?.close(),
      () => pictures.close(),
    )
    const sets = makeSets(runs, options.host, signal)
    closing.push(() => sets.close())
    const stored = openRuns(runs, options.author && machineUser())
    const asks = openAsks({ searchers, pictures, queue, stored: stored.forkable, archive, onFault: report, signal })
    const routes = {
      ...askRoutes({ searchers, unavailable, pictures, asks, archives: archive !== undefined, connects, signal }),
      ...(connects ? connectRoutes(desk, signal) : noConnectRoutes()),
      ...runRoutes(stored),
      ...sets.routes,
      ...embeddedRoutes(sampler, { queue, others, keep: asks.keep }),
      ...mcpRoutes({ searcher: others[0] ?? embedded, keep: asks.keep, onFault: report }),
    }
    const more = (base: string): string => ` For programs: ${base}/v1 and ${base}/mcp.`
    await listen(options, { routes, refusals: { '/mcp': mcpRefusal }, page: [], more }, signal)
  } finally {
    interrupt.release()
    await settleAll(closing.map(async (close) => close()))
  }
}

/** What the command line says of models that are connected on the page. Address and key are those of `--policy` alone. */
function connectedOptions(options: ServeOptions): Pick<ModelDeskOptions, 'limits' | 'chosen' | 'profileOf'> {
  const { temperature } = options
  const limits = partialRecordOf(['replyTokens', 'context', 'threads'], (name) => options[name])
  const { profile, coordinates, maxPixels } = options
  return {
    limits: { temperature, ...limits },
    chosen: {
      ...(profile && { profile }),
      ...(coordinates && { coordinates }),
      ...(maxPixels !== undefined && { maxPixels }),
    },
    profileOf: (settings) => profileChanged(settings.profile ?? 'default', { ...options, ...settings }),
  }
}

/** Further models, from `--policies` or from the configuration files. Throws `UserError` for a mistake in the named file. */
function listedFor({ policies: named, temperature, policy }: ServeOptions): readonly PolicyEntry[] {
  if (named !== undefined) return readPolicies(named, temperature)
  const configured = readConfigured(temperature)
  for (const { problem } of configured) if (problem !== undefined) say(problem)
  const entries = configured.flatMap(({ file, entries: all }) => all.filter((one) => file.own || !leavesMachine(one)))
  return entries.filter(
    (one, at) => one.policy !== policy && entries.findIndex((other) => other.policy === one.policy) === at,
  )
}

/** Opens every model that can be opened: an unreachable server must not prevent the page from starting. */
async function openListed(
  listed: readonly PolicyEntry[],
  open: (one: PolicyEntry) => Promise<Searcher>,
): Promise<{ readonly opened: readonly Searcher[]; readonly unavailable: readonly UnavailablePolicy[] }> {
  const opened: Searcher[] = []
  const unavailable: UnavailablePolicy[] = []
  const results = await Promise.allSettled(listed.map(open))
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') opened.push(result.value)
    else if (!(result.reason instanceof MiniO3Error)) throw result.reason
    else unavailable.push({ name: itemAt(listed, index).policy, reason: messageOf(result.reason) })
  }
  return { opened, unavailable }
}
