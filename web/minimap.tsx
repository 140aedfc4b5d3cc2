/** A small overview of the picture with the visible region marked, shown while zoomed in; clicking moves the view. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Size } from '../src/protocol/box.ts'
import type { SharedView } from './shared-view.ts'
import { moved } from './view-box.ts'

interface Props {
  readonly url: string
  readonly size: Size
  readonly view: SharedView
}

export function Minimap({ url, size, view }: Props) {
  const map = useRef<SVGSVGElement>(null)
  useLayoutEffect(
    () =>
      view.watch(([x, y, width, height]) => {
        if (!map.current) return
        map.current.style.visibility = width < size.width ? 'visible' : 'hidden'
        const seen = map.current.querySelector('.seen')
        for (const [name, value] of Object.entries({ x, y, width, height })) seen?.setAttribute(name, String(value))
      }),
    [view, size.width, size.height],
  )
  const go = (event: PointerEvent): void => {
    if (event.buttons === 0 || !map.current) return
    event.stopPropagation()
    const { left, top, width } = map.current.getBoundingClientRect()
    const scale = size.width / width
    const [x, y, w, h] = view.now()
    view.set(
      moved(view.now(), (event.clientX - left) * scale - x - w / 2, (event.clientY - top) * scale - y - h / 2, size),
    )
  }
  return (
    <svg
      ref={map}
      class="minimap"
      aria-hidden="true"
      viewBox={`0 0 ${size.width} ${size.height}`}
      onPointerDown={go}
      onPointerMove={go}
    >
      <image href={url} width={size.width} height={size.height} />
      <rect class="seen" />
    </svg>
  )
}
