/** All routes of the OpenAI-compatible endpoint. */
import type { ServedModel } from './chat-model.ts'
import { chatRoutes } from './chat-routes.ts'
import { modelRoutes } from './models.ts'
import { responseRoutes } from './response-routes.ts'
import { HttpError } from '../http/http-error.ts'
import { pathOf } from '../http/router.ts'
import type { Handler, Routes } from '../http/router.ts'
import { own } from '../../shared/known.ts'

export function openaiRoutes(models: readonly ServedModel[]): Routes {
  const baseWrong = (): never => {
    throw new HttpError(404, 'not_found', 'The base URL of a client has to end in /v1.')
  }
  const routes: Routes = { ...modelRoutes(models), ...chatRoutes(models), ...responseRoutes(models) }
  const other =
    (method: string): Handler =>
    (body, asking) => {
      // A base URL that ends in a slash gives two in a row.
      const path = pathOf(asking.url).replaceAll(/\/+(?=\/|$)/g, '')
      const route = own(routes, `${method} ${path}`)
      if (route !== undefined) return route(body, asking)
      const offered = 'POST /v1/chat/completions, POST /v1/responses and GET /v1/models'
      throw new HttpError(
        404,
        'not_found',
        `This endpoint has ${offered} only: its models answer questions about pictures.`,
      )
    }
  return {
    'GET /models': baseWrong,
    'POST /chat/completions': baseWrong,
    'POST /responses': baseWrong,
    ...routes,
    'GET /v1/*': other('GET'),
    'POST /v1/*': other('POST'),
  }
}
