/**
 * A box on the picture that is drawn, moved and resized: by pointer on the picture, the box and its handles, by keyboard with arrows.
 * All coordinates are pixels of the original.
 */
import { useEffect, useRef } from 'preact/hooks'
import { changedBox, drawnBox } from '../src/page/edit-box.ts'
import type { BoxEdges, BoxLimits, Grip } from '../src/page/edit-box.ts'
import type { PixelBox } from '../src/protocol/box.ts'
import type { SharedView } from './shared-view.ts'

export interface EditedBox extends BoxLimits {
  /** Undefined until one is drawn. */
  readonly box: BoxEdges | undefined
  /** How far a key moves, in pixels of the original. */
  readonly nudge: readonly [number, number]
  /** Edges move by whole nudges only. */
  readonly snaps: boolean
  readonly onBox: (box: BoxEdges) => void
}

interface Props extends EditedBox {
  readonly frame: { readonly current: HTMLElement | null }
  readonly view: SharedView
}

const grips = ([-1, 0, 1] as const).flatMap((y) =>
  ([-1, 0, 1] as const).flatMap((x) => (x === 0 && y === 0 ? [] : [{ x, y }])),
)

export function BoxEditor({ box, within, least, nudge, snaps, onBox, frame, view }: Props) {
  const limits = { within, least }
  const group = useRef<SVGGElement>(null)
  const drag = useRef<
    | {
        readonly grip: Grip
        readonly from: readonly [number, number]
        /** Undefined for a new box. */
        readonly start: BoxEdges | undefined
      }
    | undefined
  >(undefined)
  useEffect(() => group.current?.focus({ preventScroll: true }), [])

  const at = (event: PointerEvent): readonly [number, number] => {
    const { left = 0, top = 0, width = 1, height = 1 } = frame.current?.getBoundingClientRect() ?? {}
    const [x, y, w, h] = view.now()
    return [x + ((event.clientX - left) / width) * w, y + ((event.clientY - top) / height) * h]
  }
  const grab = (grip: Grip, start?: BoxEdges) => (event: PointerEvent) => {
    if (event.button !== 0) return
    // Otherwise the picture would move, too.
    event.stopPropagation()
    event.preventDefault()
    drag.current = { grip, from: at(event), start }
    group.current?.setPointerCapture(event.pointerId)
    group.current?.focus({ preventScroll: true })
  }
  const onMove = (event: PointerEvent): void => {
    if (drag.current === undefined) return
    event.stopPropagation()
    const { grip, from, start } = drag.current
    const to = at(event)
    const whole = (way: number, unit: number): number => (snaps ? Math.round(way / unit) * unit : way)
    const by = [whole(to[0] - from[0], nudge[0]), whole(to[1] - from[1], nudge[1])] as const
    onBox(start === undefined ? drawnBox(from, to, limits) : changedBox(start, grip, by, limits))
  }
  const onUp = (event: PointerEvent): void => {
    drag.current = undefined
    group.current?.releasePointerCapture(event.pointerId)
  }
  const onKey = (event: KeyboardEvent): void => {
    const way = ways[event.key]
    if (way === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    const by = [way[0] * nudge[0], way[1] * nudge[1]] as const
    if (box === undefined) onBox(middleOf(within))
    else onBox(changedBox(box, event.shiftKey ? { x: 1, y: 1 } : 'move', by, limits))
  }
  const [left, top, right, bottom] = within
  return (
    <g
      ref={group}
      class="box-editor"
      tabindex={0}
      role="group"
      aria-roledescription="box editor"
      aria-label={`${box ? `Box from ${textOf(box)}` : 'No box yet: press an arrow key'}. Arrows move it, shift and arrows change its size, Escape cancels.`}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={onUp}
      onKeyDown={onKey}
    >
      <rect
        class="catch"
        x={left}
        y={top}
        width={right - left}
        height={bottom - top}
        onPointerDown={grab({ x: 1, y: 1 })}
      />
      {box && (
        <>
          {(['halo', 'line'] as const).map((name) => (
            <rect
              key={name}
              class={name}
              x={box[0]}
              y={box[1]}
              width={box[2] - box[0]}
              height={box[3] - box[1]}
              onPointerDown={grab('move', box)}
            />
          ))}
          {grips.map((grip) => (
            <g
              key={`${grip.x} ${grip.y}`}
              class="one-size grip"
              data-x={edgeAt(box[0], box[2], grip.x)}
              data-y={edgeAt(box[1], box[3], grip.y)}
              style={{ cursor: cursorOf(grip) }}
              onPointerDown={grab(grip, box)}
            >
              <circle class="reach" r={14} />
              <rect x={-5} y={-5} width={10} height={10} />
            </g>
          ))}
        </>
      )}
    </g>
  )
}

const ways: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function edgeAt(low: number, high: number, side: -1 | 0 | 1): number {
  return side < 0 ? low : side > 0 ? high : (low + high) / 2
}

function cursorOf({ x, y }: Exclude<Grip, 'move'>): string {
  if (x === 0) return 'ns-resize'
  if (y === 0) return 'ew-resize'
  return x === y ? 'nwse-resize' : 'nesw-resize'
}

function middleOf([left, top, right, bottom]: PixelBox): BoxEdges {
  const [w, h] = [(right - left) / 4, (bottom - top) / 4]
  return [left + 1.5 * w, top + 1.5 * h, right - 1.5 * w, bottom - 1.5 * h]
}

function textOf([x0, y0, x1, y1]: BoxEdges): string {
  return `${Math.round(x0)}, ${Math.round(y0)} to ${Math.round(x1)}, ${Math.round(y1)}`
}
