/** Parses the path segments and query of a wildcard route. */
import { HttpError } from '../http/http-error.ts'

/** A non-negative whole number; 0 if absent. */
export function countOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '0'
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new HttpError(400, 'invalid_request', `${name}: has to be a whole number, 0 or more.`)
}

/** The decoded path segments below `start`, and the query. */
export function partsOf(url: string, start: string): [string[], URLSearchParams] {
  const { pathname, searchParams } = new URL(url, 'http://server')
  try {
    return [pathname.slice(start.length).split('/').map(decodeURIComponent), searchParams]
  } catch {
    throw nowhere()
  }
}

export function nowhere(): HttpError {
  return new HttpError(404, 'not_found', 'There is nothing at this path.')
}
