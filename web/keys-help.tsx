/** The list of keyboard shortcuts. */
import { marks } from './marks.ts'

/** `notes`: whether notes can be taken. */
export function KeysHelp({ notes }: { readonly notes: boolean }) {
  const keys = [
    ['← →  or  k j', 'previous turn, next turn'],
    ['Home End', 'whole search, last turn'],
    ['space', 'play, pause'],
    ['f', 'zoom along with the turns'],
    ...marks.map(({ key, help }) => [key, `show ${help}`] as const),
    ['a', 'axis of turns or of time'],
    ['c', 'searches side by side'],
    ['l', 'shade tokens by log-probability or entropy (training)'],
    ['x', 'fold the cards of the turns'],
    ['e', 'fork from this turn: Escape cancels'],
    ['1 to 9', 'choose a search'],
    ...(notes ? noteKeys : []),
    ['+ − 0', 'on the picture: zoom, show all'],
    ['shift ← ↑', 'on the picture: move'],
  ]
  return (
    <dl class="keys-help">
      {keys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  )
}

const noteKeys = [
  ['s', 'star'],
  ['v', 'correct the verdict: right, wrong, as judged'],
  ['g', 'add a tag'],
  ['n', 'comment'],
  ['u', 'undo the last change of the notes'],
]
