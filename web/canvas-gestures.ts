/** Pan and zoom: the wheel zooms at the pointer, one pointer pans, two pinch, and keys do both. */
import { useCallback, useLayoutEffect, useRef } from 'preact/hooks'
import type { Size } from '../src/protocol/box.ts'
import type { SharedView } from './shared-view.ts'
import { moved, wholeView, zoomed } from './view-box.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** Event handlers for the element. */
export function usePointers(element: { readonly current: HTMLElement | null }, view: SharedView, size: Size) {
  const down = useRef(new Map<number, Point>())
  const share = useCallback((event: { readonly clientX: number; readonly clientY: number }): Point => {
    const { left = 0, top = 0, width = 1, height = 1 } = element.current?.getBoundingClientRect() ?? {}
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height }
  }, [])
  useLayoutEffect(() => {
    const onWheel = (event: WheelEvent): void => {
      const whole = view.now()[2] >= size.width
      if (event.deltaY > 0 && whole) return // the page scrolls on
      event.preventDefault()
      const by = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200)
      view.set(zoomed(view.now(), by, size, share(event)))
    }
    const target = element.current
    target?.addEventListener('wheel', onWheel, { passive: false })
    return () => target?.removeEventListener('wheel', onWheel)
  }, [view, size.width, size.height])
  const up = (event: PointerEvent): void => void down.current.delete(event.pointerId)
  return {
    onPointerDown: (event: PointerEvent) => {
      down.current.set(event.pointerId, share(event))
    },
    onPointerMove: (event: PointerEvent) => {
      const before = down.current.get(event.pointerId)
      if (before === undefined) return
      const now = share(event)
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1]
      down.current.set(event.pointerId, now)
      if (other) {
        const apart = (point: Point): number => Math.hypot(point.x - other.x, point.y - other.y)
        view.set(zoomed(view.now(), apart(before) / Math.max(0.01, apart(now)), size, other))
      } else {
        const [, , w, h] = view.now()
        view.set(moved(view.now(), (before.x - now.x) * w, (before.y - now.y) * h, size))
      }
    },
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: up,
  }
}

export function onCanvasKey(event: KeyboardEvent, view: SharedView, size: Size): void {
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  const now = view.now()
  const way = event.shiftKey ? ways[event.key] : undefined
  if (way) view.set(moved(now, (way[0] * now[2]) / 8, (way[1] * now[3]) / 8, size))
  else if (event.key === '+' || event.key === '=') view.set(zoomed(now, 0.6, size))
  else if (event.key === '-') view.set(zoomed(now, 1 / 0.6, size))
  else if (event.key === '0') view.set(wholeView(size))
  else return
  event.preventDefault()
  event.stopPropagation()
}
