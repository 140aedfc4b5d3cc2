/** The searches of a run as a table of which only what is in sight exists, so that thousands scroll as well as ten. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { endWords } from '../src/page/step.ts'
import type { ItemRow } from '../src/server/api-types.ts'
import { href } from './route.ts'

const rowPx = 40
/** Rows beyond what is in sight, above and below. */
const spare = 8

export function ItemsTable({ run, items }: { readonly run: string; readonly items: readonly ItemRow[] }) {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [heightPx, setHeightPx] = useState(600)
  useEffect(() => setHeightPx(box.current!.clientHeight), [])
  const first = Math.max(0, Math.min(Math.floor(top / rowPx) - spare, items.length - 1))
  const visible = items.slice(first, first + Math.ceil(heightPx / rowPx) + 2 * spare)
  return (
    <div
      class="table items"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Searches"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={items.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Problem</th>
            <th scope="col">Question</th>
            <th scope="col">Answer</th>
            <th scope="col">Truth</th>
            <th scope="col">Verdict</th>
            <th scope="col">Turns</th>
            <th scope="col">End</th>
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden="true" style={{ height: `${first * rowPx}px` }} />
          {visible.map((item, index) => (
            <tr key={item.index} aria-rowindex={first + index + 2} style={{ height: `${rowPx}px` }}>
              <th scope="row">
                <a href={href(['run', run, item.index])}>
                  {item.problem.slice(item.problem.lastIndexOf('/') + 1)}
                  {item.sampleIndex > 0 && ` #${item.sampleIndex + 1}`}
                </a>
              </th>
              <td title={item.question}>{item.question}</td>
              <td title={item.answer ?? ''}>{item.answer ?? '–'}</td>
              <td>{item.truth ?? ''}</td>
              <td class={item.verdict}>{item.verdict}</td>
              <td class="number">{item.turns}</td>
              <td>{endWords[item.end]}</td>
            </tr>
          ))}
          <tr aria-hidden="true" style={{ height: `${(items.length - first - visible.length) * rowPx}px` }} />
        </tbody>
      </table>
    </div>
  )
}
