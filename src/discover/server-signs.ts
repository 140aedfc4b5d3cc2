/** What a server that is not told by its list of models says of itself: in its own description of its paths (FastAPI's openapi.json). Pure. */
import { fieldsOf } from '../shared/fields.ts'
import { serverKinds } from '../endpoint/server-kinds.ts'
import type { ServerKindName } from '../endpoint/server-kinds.ts'

export interface ServerName {
  readonly kind: ServerKindName
  /** As its makers write it. */
  readonly title: string
  /** It was told by its description alone, which only `find` reads: elsewhere the kind has to be named. */
  readonly byDescription?: true
  /** It hands questions on to other servers, which may be anywhere. */
  readonly gateway?: true
}

/** Undefined: nothing that is known. */
export function nameIn(description: unknown): ServerName | undefined {
  const title = fieldsOf(fieldsOf(description)?.['info'])?.['title']
  const paths = Object.keys(fieldsOf(fieldsOf(description)?.['paths']) ?? {})
  if (typeof title === 'string' && title.startsWith('LiteLLM')) {
    return { kind: 'generic', title: 'LiteLLM', gateway: true }
  }
  if (typeof title === 'string' && title.startsWith('MLX-VLM')) return { kind: 'generic', title: 'mlx-vlm' }
  if (paths.includes('/load_model') && paths.includes('/v1/responses')) {
    return { kind: 'transformers', title: serverKinds.transformers.title, byDescription: true }
  }
  return undefined
}
