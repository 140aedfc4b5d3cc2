/** The list of keyboard shortcuts: those that act now. */
import { marks } from './marks.ts'

/** The keys as text, what they do, and one of them. */
const rows: readonly (readonly [string, string, string])[] = [
  ['← →  or  k j', 'previous turn, next turn', 'j'],
  ['Home End', 'whole search, last turn', 'End'],
  ['space', 'play, pause', ' '],
  ['f', 'zoom along with the turns', 'f'],
  ...marks.map(({ key, help }) => [key, `show ${help}`, key] as const),
  ['a', 'axis of turns or of time', 'a'],
  ['c', 'searches side by side', 'c'],
  ['l', 'shade tokens by log-probability or entropy', 'l'],
  ['x', 'fold the cards of the turns', 'x'],
  ['e', 'fork from this turn: Escape cancels', 'e'],
  ['1 to 9', 'choose a search', '2'],
  ['s', 'star', 's'],
  ['v', 'correct the verdict: right, wrong, as judged', 'v'],
  ['g', 'add a tag', 'g'],
  ['n', 'comment', 'n'],
  ['u', 'undo the last change of the notes', 'u'],
  ['+ − 0', 'on the picture: zoom, show all', '?'],
  ['shift ← ↑', 'on the picture: move', '?'],
  ['? Esc', 'this list', '?'],
]

export function KeysHelp({ acts }: { readonly acts: (key: string) => boolean }) {
  return (
    <dl class="keys-help">
      {rows.map(
        ([key, what, one]) =>
          acts(one) && (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
