/** Where servers of vision-language models usually listen on this machine. */

import { isLoopback } from '../shared/loopback.ts'

/** A port of the loopback, and the path below which its OpenAI-compatible endpoint is. */
export interface Place {
  readonly port: number
  readonly path: string
}

/** The default ports of the servers that people run, as their documentation has them. */
const usualPorts: Readonly<Record<number, string>> = {
  11434: 'Ollama',
  1234: 'LM Studio',
  8080: 'llama.cpp, llamafile, LocalAI, mlx-vlm',
  8000: 'vLLM, transformers serve',
  30000: 'SGLang',
  23333: 'LMDeploy',
  1337: 'Jan',
  5001: 'KoboldCpp',
  5000: 'text-generation-webui, TabbyAPI',
  4891: 'GPT4All',
  4000: 'LiteLLM',
  12434: 'Docker Model Runner',
}

/** Docker Model Runner has its endpoint below a path of its own. */
const otherPaths: Readonly<Record<number, string>> = { 12434: '/engines/v1' }

/** The environment variable with the ports to look at in place of the usual ones. */
const portsVariable = 'MINI_O3_PORTS'

type Environment = Readonly<Record<string, string | undefined>>

/** The usual ports, and the one of `OLLAMA_HOST`; or those that `MINI_O3_PORTS` lists: an empty list, none. */
export function usualPlaces(env: Environment): readonly Place[] {
  const listed = env[portsVariable]?.split(',').flatMap((port) => portIn(port) ?? [])
  const ports = listed ?? [ollamaPort(env['OLLAMA_HOST']), ...Object.keys(usualPorts).map(Number)]
  return [...new Set(ports.filter((port) => port !== undefined))].map((port) => ({
    port,
    path: otherPaths[port] ?? '/v1',
  }))
}

/** Where Ollama listens, or is to be looked for: `0.0.0.0:11500`, `http://localhost:11500`, `:11500`. Other machines are not asked. */
function ollamaPort(host: string | undefined): number | undefined {
  const [, name = '', port = ''] = /^(?:https?:\/\/)?([^:/]*|\[[^\]]*\])(?::(\d+))?\/?$/.exec(host?.trim() ?? '') ?? []
  const here = ['', '0.0.0.0', '[::]'].includes(name) || isLoopback(name)
  return here ? portIn(port) : undefined
}

function portIn(text: string): number | undefined {
  const port = Number(text)
  return /^\s*\d{1,5}\s*$/.test(text) && port > 0 && port < 65_536 ? port : undefined
}
