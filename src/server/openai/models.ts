/** The model list of the endpoint, and fields common to all responses. */
import type { ServedModel, Completed } from './chat-model.ts'
import { HttpError } from '../http/http-error.ts'
import { pathOf } from '../http/router.ts'
import type { Routes } from '../http/router.ts'

/** `GET /v1/models`, and a single model by name, in which `:` and `/` may be escaped. */
export function modelRoutes(models: readonly ServedModel[]): Routes {
  const created = seconds()
  const listed = models.map(({ id, contextLength }) => {
    return { id, object: 'model', created, owned_by: 'mini-o3', max_model_len: contextLength }
  })
  const list = { object: 'list', data: listed }
  return {
    'GET /v1/models': () => list,
    'GET /v1/models/*': (_, { url }) => {
      const name = unescaped(pathOf(url).slice('/v1/models/'.length))
      return name === '' ? list : listed[models.indexOf(modelNamed(models, name))]
    },
  }
}

/** Throws `HttpError` 404 that lists the available models. */
export function modelNamed(models: readonly ServedModel[], name: string): ServedModel {
  const model = models.find(({ id }) => id === name)
  if (model !== undefined) return model
  const names = models.map(({ id }) => `"${id}"`).join(', ')
  const shown = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name)
  throw new HttpError(404, 'model_not_found', `There is no model ${shown} here, only ${names}.`, { param: 'model' })
}

/** Links are absolute, so that readers of the response can open them. */
export function searchedOf({ searched }: Completed, base: string): object {
  if (searched === undefined) return {}
  const { links, ...ended } = searched
  return { mini_o3: { ...ended, ...(links && { page: base + links.page, trajectory: base + links.trajectory }) } }
}

/** Total tokens of all choices. */
export function spentBy(completed: readonly Completed[]): Pick<Completed, 'promptTokens' | 'replyTokens'> {
  const sum = (of: (one: Completed) => number): number => completed.reduce((total, one) => total + of(one), 0)
  return { promptTokens: sum((one) => one.promptTokens), replyTokens: sum((one) => one.replyTokens) }
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
