/**
 * The visible part of a picture, shared by all canvases that show it. It changes at every frame of an animation or a drag, so
 * canvases subscribe to it and the page is not re-rendered.
 */
import type { ViewBox } from './view-box.ts'

export interface SharedView {
  now(): ViewBox
  set(view: ViewBox): void
  /** Calls `onView` now and after every change; returns the unsubscribe function. */
  watch(onView: (view: ViewBox) => void): () => void
}

export function sharedView(first: ViewBox): SharedView {
  let view = first
  const watchers = new Set<(view: ViewBox) => void>()
  return {
    now: () => view,
    set(next) {
      view = next
      for (const watcher of watchers) watcher(view)
    },
    watch(onView) {
      watchers.add(onView)
      onView(view)
      return () => watchers.delete(onView)
    },
  }
}

const flyMs = 450

/** Animates to another view; returns a function that stops the animation. */
export function fly(view: SharedView, to: ViewBox): () => void {
  const from = view.now()
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (from.every((value, index) => value === to[index])) return () => {}
  const began = performance.now()
  let frame = 0
  const move = (now: number): void => {
    const t = calm ? 1 : Math.max(0, Math.min(1, (now - began) / flyMs))
    const eased = t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t)
    const at = (index: 0 | 1 | 2 | 3): number => from[index] + (to[index] - from[index]) * eased
    view.set([at(0), at(1), at(2), at(3)])
    if (t < 1) frame = requestAnimationFrame(move)
  }
  frame = requestAnimationFrame(move)
  return () => cancelAnimationFrame(frame)
}
