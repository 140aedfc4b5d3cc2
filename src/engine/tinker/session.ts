/**
 * A session keeps its models alive by a heartbeat. Pictures are encoded by libvips in threads of its own, and servers wait
 * for minutes, so this thread always comes round in time.
 */
import { TransportError } from '../../shared/errors.ts'
import { read, replies } from './protocol.ts'
import { errorIs, type Transport } from './transport.ts'

export interface TinkerSession {
  readonly id: string
  /** The number of the next sampling session: one count for all models of the session. */
  nextSampler(): number
  /** Stops the heartbeat: the server lets go of the session by itself. */
  close(): void
}

const heartbeatMs = 10_000

export async function openSession(transport: Transport, everyMs: number = heartbeatMs): Promise<TinkerSession> {
  const asked = { tags: [], user_metadata: null, sdk_version: 'mini-o3-0.1.0', type: 'create_session' }
  const { session_id: id } = read(replies.session, await transport.post('create_session', asked, 'repeat'), 'a session')
  let beating = false
  const beat = async (): Promise<void> => {
    if (beating) return
    beating = true
    try {
      const heartbeat = { session_id: id, type: 'session_heartbeat' }
      await transport.post('session_heartbeat', heartbeat, 'never', Math.max(heartbeatMs, everyMs))
    } catch (error) {
      // What is missed once is made up for by the next one.
      if (errorIs(error, 'tinker-unknown')) transport.fail(sessionLost())
    } finally {
      beating = false
    }
  }
  const timer = setInterval(() => void beat(), everyMs)
  timer.unref()
  let samplers = 0
  return { id, nextSampler: () => samplers++, close: () => clearInterval(timer) }
}

function sessionLost(): TransportError {
  return new TransportError(
    'tinker-session-lost',
    'The server has dropped this session and its models. Repeat the command to resume from the last checkpoint.',
  )
}
