/** All routes of the OpenAI-compatible endpoint. */
import type { ServedModel } from './chat-model.ts'
import { chatRoutes } from './chat-routes.ts'
import { modelRoutes } from './models.ts'
import { responseRoutes } from './response-routes.ts'
import { HttpError } from '../http/http-error.ts'
import type { Routes } from '../http/router.ts'

export function openaiRoutes(models: readonly ServedModel[]): Routes {
  const baseWrong = (): never => {
    throw new HttpError(404, 'not_found', 'The base URL of a client has to end in /v1.')
  }
  const unknown = (): never => {
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
    ...modelRoutes(models),
    ...chatRoutes(models),
    ...responseRoutes(models),
    'GET /v1/*': unknown,
    'POST /v1/*': unknown,
  }
}
