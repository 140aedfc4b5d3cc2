/** Interprets the hub's error responses and names the fix for each. */
import { MiniO3Error, TransportError, UserError } from '../shared/errors.ts'
import type { Repository } from './repository.ts'
import type { HubReply } from './request.ts'
import type { HubSettings } from './settings.ts'

/** The error for a status that is not a success. The hub's own text is not repeated; its codes identify the case. */
export function hubRefusal(
  { status, hubHeaders, fromHub }: HubReply,
  { kind, id, revision }: Repository,
  { endpoint }: HubSettings,
): MiniO3Error {
  const code = String(hubHeaders['x-error-code'] ?? '')
  const page = `${endpoint.origin}/${kind === 'datasets' ? 'datasets/' : ''}${id}`
  // Signed download addresses expire after a few minutes; the next attempt requests a new one.
  if (!fromHub) return new TransportError('hub-store', `The file storage of the hub answered ${status}.`)
  if (code === 'GatedRepo')
    return new UserError(
      'hub-gated',
      `${id} is gated: accept its terms at ${page}, then set HF_TOKEN to a token of that account and try again.`,
    )
  if (code === 'RevisionNotFound') return new UserError('hub-revision', `${id} has no revision "${revision}".`)
  if (code === 'EntryNotFound')
    return new UserError('hub-file-missing', `A file of ${id} is no longer there at ${revision}. Repeat the command.`)
  if (status === 401 || status === 404)
    return new UserError(
      'hub-not-found',
      `The hub has no ${id} that you may access. Check the name; if it is private, set HF_TOKEN to a token that may read it.`,
    )
  if (status === 403)
    return new UserError(
      'hub-forbidden',
      `The hub denies access to ${id}: the token in HF_TOKEN lacks the permission, or the terms at ${page} are not accepted.`,
    )
  return new MiniO3Error('hub-refused', `The hub answered ${status} for ${id}. Check HF_ENDPOINT.`)
}
