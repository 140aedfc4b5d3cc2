/** Bodies of requests, checked against a schema. */
import type { z } from 'zod'
import { itemAt } from '../../shared/known.ts'
import { HttpError } from './http-error.ts'

/** The first mistake is told as `HttpError` 400, which names the field. */
export function shaped<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const { path, message } = itemAt(read.error.issues, 0)
  const param = path.join('.')
  throw new HttpError(400, 'invalid_request', `${param || 'The request'}: ${message}`, { param })
}
