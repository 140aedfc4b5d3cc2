/** `mini-o3 mcp`: an MCP server on stdin and stdout with visual search as tools. Nothing else is written to stdout. */
import { once } from 'node:events'
import type { Command } from 'commander'
import { autoPolicy } from '../../policy/registry/kinds.ts'
import { checkPolicy, checkProblem, openPolicy } from '../../policy/registry/open-policy.ts'
import type { JsonRpcRefusal } from '../../server/mcp/message-lines.ts'
import { SearchQueue } from '../../server/search-queue.ts'
import { catchInterrupt } from '../../shared/interrupt.ts'
import { withBest } from '../options/auto-policy.ts'
import { addCommand } from '../options/command.ts'
import { policyOptions } from '../options/policy.ts'
import { maxPixelsOption, chosenProfile, profileOptions } from '../options/profile.ts'
import { report, say } from '../print/output.ts'
import { inGroup } from '../options/schema.ts'
import type { Values } from '../options/schema.ts'
import { maxTurnsOption } from '../options/shared.ts'

const mcpOptions = {
  ...policyOptions('ask', 0.3),
  ...profileOptions,
  ...maxPixelsOption,
  ...inGroup('Search', maxTurnsOption),
}

export function addMcp(program: Command): void {
  addCommand(program, {
    name: 'mcp',
    summary: 'offer visual search to other programs as tools (Model Context Protocol)',
    description:
      'Speaks the Model Context Protocol on stdin and stdout, with the tools visual_search(image, question) and ' +
      'zoom(image, box), until stdin ends. MCP clients start this command themselves.',
    options: mcpOptions,
    examples: [
      'mini-o3 mcp',
      'mini-o3 mcp --policy auto',
      'mini-o3 mcp --policy chat:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://127.0.0.1:8000/v1',
    ],
    run: async (options, _, command) => mcp(options.policy === autoPolicy ? await withBest(command, options) : options),
  })
}

const queueLimits = { atOnce: 4, waiting: 60 }

async function mcp(options: Values<typeof mcpOptions>): Promise<void> {
  const { kind } = checkPolicy(options, 'ask')
  const profile = chosenProfile(options)
  // Imported here, so that other commands do not pay for loading it.
  const [{ mcpServer }, { messageLines }, { checkedMessages }, { StdioServerTransport }] = await Promise.all([
    import('../../server/mcp/server.ts'),
    import('../../server/mcp/message-lines.ts'),
    import('../../server/mcp/checked-messages.ts'),
    import('@modelcontextprotocol/sdk/server/stdio.js'),
  ])
  const policy = await openPolicy(options, profile)
  if (policy.about !== undefined) say(policy.about)
  const searcher = {
    name: options.policy,
    note: kind.note,
    profile,
    maxTurns: options.maxTurns,
    policy: () => policy,
    check: (question: string) => checkProblem(options, { docId: 'asked', dataSource: 'ask', question }),
    queue: new SearchQueue(queueLimits),
  }
  const interrupt = catchInterrupt(() => say('Stopping.'))
  const server = mcpServer({ searcher, files: true, onFault: report })
  try {
    // A file as stdin ends without being closed.
    const ended = Promise.race([
      once(process.stdin, 'end'),
      once(process.stdin, 'close'),
      once(interrupt.signal, 'abort'),
    ])
    const refuse = (refusal: JsonRpcRefusal): void => void process.stdout.write(`${JSON.stringify(refusal)}\n`)
    const messages = process.stdin.pipe(messageLines(refuse)).pipe(checkedMessages(refuse))
    // Lines are complete and bounded by our own limits.
    const transport = new StdioServerTransport(messages, process.stdout, { maxBufferSize: Infinity })
    await server.connect(transport)
    await ended
  } finally {
    await server.close()
    await policy.close?.()
    interrupt.release()
    // Otherwise the transport keeps waiting for input.
    process.stdin.destroy()
  }
}
