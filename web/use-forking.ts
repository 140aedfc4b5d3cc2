/** The fork that is being prepared on the page of a search, if any. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { EditedBox } from './box-editor.tsx'
import { draftAt, onOriginalPx, regionOf, withinBox } from './fork-draft.ts'
import type { ForkDraft } from './fork-draft.ts'
import type { ShownSearch } from './shown-search.ts'

/** Share of the source that a key moves the box, for policies that read any box. */
const nudgeShare = 1 / 100

/** `which`: names the search; another one ends it. `onSource`: called when a picture is to be looked into. */
export function useForking(search: ShownSearch, which: number | string, onSource: (source: number) => void) {
  const [draft, setDraft] = useState<ForkDraft>()
  const [step, onStep] = useState<number>()
  const button = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    // Who cancels is back where they began.
    if (draft === undefined && wasOpen.current) button.current?.focus({ preventScroll: true })
    wasOpen.current = draft !== undefined
  }, [draft === undefined])
  useEffect(() => setDraft(undefined), [which])
  const change = (next: ForkDraft): void => {
    if (next.source !== draft?.source) onSource(next.source)
    setDraft(next)
  }
  return {
    draft,
    button,
    onStep,
    change,
    begin: (turn: number) => change(draftAt(search, turn)),
    end: () => setDraft(undefined),
    edited: draft && editedBox(search, draft, step, change),
  }
}

function editedBox(
  search: ShownSearch,
  draft: ForkDraft,
  step: number | undefined,
  change: (draft: ForkDraft) => void,
): EditedBox {
  const within = regionOf(search, draft.source)
  const by = step ?? nudgeShare
  const nudge = [(within[2] - within[0]) * by, (within[3] - within[1]) * by] as const
  return {
    box: draft.box && onOriginalPx(draft.box, within, step),
    within,
    least: [Math.max(1, nudge[0]), Math.max(1, nudge[1])],
    nudge,
    snaps: step !== undefined,
    onBox: (box) => change({ ...draft, box: withinBox(box, within), typed: {} }),
  }
}
