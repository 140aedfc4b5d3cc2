/** Which models of a server see pictures, as its own lists say it. Pure. */
import { fieldsOf } from '../shared/fields.ts'
import type { Fields } from '../shared/fields.ts'

/** `unknown`: its server does not say; only a trial can tell. */
export type ModelSight = 'yes' | 'no' | 'unknown'

export interface FoundModel {
  readonly id: string
  readonly sees: ModelSight
  /** The server hands its questions on to another machine, as Ollama does with its cloud models. */
  readonly elsewhere?: true
}

/** Names are shown, typed and stored. */
const longestName = 200
const mostModels = 100

/** The names in a list of models, wherever the server keeps it; undefined: it is none. */
export function listedIn(body: unknown): readonly Fields[] | undefined {
  const { data, models } = fieldsOf(body) ?? {}
  const list: readonly unknown[] | undefined = [data, models].find((one) => Array.isArray(one))
  return list?.slice(0, mostModels).flatMap((entry): readonly Fields[] => [fieldsOf(entry) ?? {}])
}

/** The first of these fields that is a name worth showing. */
export function nameOf(entry: Fields, ...fields: readonly string[]): string | undefined {
  return fields
    .map((field) => entry[field])
    .find(
      (name): name is string => typeof name === 'string' && name !== '' && name.length <= longestName && isPlain(name),
    )
}

function isPlain(name: string): boolean {
  return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
}

/** An entry of `/v1/models`: llama.cpp and some gateways list what goes in. */
export function sightInList(entry: Fields): ModelSight {
  const modalities = fieldsOf(entry['architecture'])?.['input_modalities']
  if (Array.isArray(modalities)) return modalities.includes('image') ? 'yes' : 'no'
  return 'unknown'
}

/** llama.cpp's `/props`. */
export function sightInProps(props: unknown): ModelSight {
  const vision = fieldsOf(fieldsOf(props)?.['modalities'])?.['vision']
  return typeof vision === 'boolean' ? said(vision) : 'unknown'
}

/** An entry of LM Studio's `/api/v0/models`, or of its later `/api/v1/models`. */
export function sightInLmStudio({ type, capabilities }: Fields): ModelSight {
  const vision = fieldsOf(capabilities)?.['vision']
  if (typeof vision === 'boolean') return said(vision)
  return typeof type === 'string' ? said(type === 'vlm') : 'unknown'
}

/** Ollama's `/api/show`; before it listed capabilities, models that see had a projector, or a family of an encoder. */
export function sightInShow(body: unknown): ModelSight {
  const { capabilities, projector_info: projector, details } = fieldsOf(body) ?? {}
  if (Array.isArray(capabilities)) return said(capabilities.includes('vision'))
  const families = fieldsOf(details)?.['families']
  const encoder = Array.isArray(families) && families.some((family) => family === 'clip' || family === 'mllama')
  return encoder || fieldsOf(projector) !== undefined ? 'yes' : 'unknown'
}

/** An entry of Ollama's `/api/tags`. */
export function isElsewhere(entry: Fields): boolean {
  return (
    Boolean(entry['remote_host'] || entry['remote_model']) || /[-:]cloud$/.test(nameOf(entry, 'name', 'model') ?? '')
  )
}

function said(vision: boolean): ModelSight {
  return vision ? 'yes' : 'no'
}
