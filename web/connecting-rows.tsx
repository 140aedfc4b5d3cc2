/** Status of the models being connected: current step and elapsed time, or why it failed. */
import type { ConnectingRow } from '../src/server/api/types.ts'
import { shown } from '../src/page/step.ts'
import { bytesText } from '../src/shared/bytes.ts'

interface Props {
  readonly rows: readonly ConnectingRow[]
  readonly onCancel: (id: string) => void
}

const most = 5

export function ConnectingRows({ rows, onCancel }: Props) {
  if (rows.length === 0) return null
  return (
    <ul class="connecting" aria-live="polite">
      {rows.slice(0, most).map(({ id, policy, state, text, seconds, bytes }) => (
        <li key={id} class={state}>
          <b>{policy}</b>
          <span dir="auto">
            {shown(text)}
            {state === 'connecting' && ` … ${seconds} s`}
          </span>
          {state === 'connecting' && bytes && (
            <progress value={bytes.done} max={bytes.total}>
              {bytesText(bytes.done)}
            </progress>
          )}
          {state === 'connecting' && bytes && (
            <span>
              {bytesText(bytes.done)} of {bytesText(bytes.total)}
            </span>
          )}
          {state === 'connecting' && (
            <button type="button" onClick={() => onCancel(id)}>
              Cancel
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}
