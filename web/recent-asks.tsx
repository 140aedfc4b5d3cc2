/** Recent questions from all clients, to open again or to ask more about the same picture. */
import type { PictureRow, RecentAsk } from '../src/server/api/types.ts'
import { shown } from '../src/page/step.ts'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'

const everyMs = 5_000

export function RecentAsks({ onPicture }: { readonly onPicture: (picture: PictureRow) => void }) {
  const { value: asks = [] } = useJson<readonly RecentAsk[]>('api/asks', everyMs)
  if (asks.length === 0) return null
  return (
    <section class="recent">
      <h3>Recent questions</h3>
      <ol>
        {asks.map(({ id, question, policy, outcome, picture }) => (
          <li key={id}>
            <img src={`api/pictures/${picture.id}/region?side=96`} width={48} height={48} loading="lazy" alt="" />
            <a href={href(['ask', id])} dir="auto">
              {shown(question)}
            </a>
            <span class="outcome" dir="auto">
              {shown(outcome)}
            </span>
            <span class="by">{policy}</span>
            <button
              type="button"
              onClick={() => {
                onPicture(picture)
                scrollTo({ top: 0 })
              }}
            >
              Same picture
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
