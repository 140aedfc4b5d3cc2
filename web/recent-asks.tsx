/** Recent questions from all clients, to open again or to ask more about the same pictures. */
import type { PictureRow, RecentAsk } from '../src/server/api/types.ts'
import { shown } from '../src/page/step.ts'
import { useJson } from './fetch-json.ts'
import { href } from './route.ts'

const everyMs = 5_000

interface Props {
  readonly onPictures: (first: PictureRow, others: readonly PictureRow[]) => void
}

export function RecentAsks({ onPictures }: Props) {
  const { value: asks = [] } = useJson<readonly RecentAsk[]>('api/asks', everyMs)
  const [newest, oldest] = [asks[0], asks.at(-1)]
  if (newest === undefined || oldest === undefined) return null
  const missing = newest.number - oldest.number + 1 - asks.length
  return (
    <section class="recent">
      <h3>Recent questions</h3>
      <ol>
        {asks.map(({ id, number, question, policy, samples, outcome, picture, furtherPictures }) => {
          const pictures = 1 + furtherPictures.length
          return (
            <li key={id}>
              <img src={`api/pictures/${picture.id}/region?side=96`} width={48} height={48} loading="lazy" alt="" />
              <a href={href(['ask', id])}>
                <span class="ask-number">{number}</span> <bdi>{shown(question)}</bdi>
              </a>
              <span class="outcome" dir="auto">
                {shown(outcome)}
              </span>
              <span class="by">
                {policy}
                {samples > 1 && `, ${samples} searches`}
                {pictures > 1 && `, ${pictures} pictures`}
              </span>
              <button
                type="button"
                onClick={() => {
                  onPictures(picture, furtherPictures)
                  scrollTo({ top: 0 })
                }}
              >
                Same picture{pictures > 1 && 's'}
                <span class="hidden"> as ask {number}</span>
              </button>
            </li>
          )
        })}
      </ol>
      {missing > 0 && <p class="soft">The missing numbers are questions that programs asked.</p>}
    </section>
  )
}
