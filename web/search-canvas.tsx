/**
 * The picture with the boxes of all turns, to be zoomed and moved. The original comes reduced; where it is enlarged, the
 * region in sight is fetched sharper and laid over it.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { placeBadges } from '../src/page/canvas.ts'
import { turnClasses } from '../src/page/palette.ts'
import { depthOf, stepsOf } from '../src/page/step.ts'
import type { PixelBox } from '../src/protocol/box.ts'
import { targetBox } from '../src/protocol/target-box.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { wholeView, zoomed, moved, around } from './view-box.ts'
import type { ViewBox } from './view-box.ts'
import { turnState } from './turn-state.ts'

interface Props {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  /** 0: the whole search. */
  readonly turn: number
  readonly lit: number | undefined
  readonly view: ViewBox
  readonly follow: boolean
  readonly target: boolean
  readonly onView: (view: ViewBox) => void
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
}

const overviewSide = 1400
const flyMs = 450
const settleMs = 160

export function SearchCanvas(props: Props) {
  const { search, urls, turn, view, follow, onView } = props
  const { width, height } = search.picture
  const svg = useRef<SVGSVGElement>(null)
  const [widthPx, setWidthPx] = useState(0)
  const latest = useRef(view)
  latest.current = view
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidthPx(svg.current!.getBoundingClientRect().width))
    watch.observe(svg.current!)
    return () => watch.disconnect()
  }, [])

  const steps = stepsOf(search).filter(({ observation }) => observation !== undefined)
  const boxNow = steps.findLast(({ number }) => number <= turn)?.observation?.boxInOriginalPx
  const goal = follow && turn > 0 && boxNow ? around(boxNow, search.picture) : undefined
  const goalKey = follow ? (goal?.join(' ') ?? 'whole') : undefined
  useEffect(() => {
    if (goalKey === undefined) return undefined
    return fly(latest.current, goal ?? wholeView(search.picture), onView)
  }, [goalKey])

  const detail = useDetail(urls, view, search, widthPx)
  const pointers = usePointers(svg, latest, search, onView)
  const scale = widthPx > 0 ? (view[2] / widthPx) * (widthPx < 450 ? 0.8 : 1) : width / 640
  const boxes = steps.map(({ observation }) => observation!.boxInOriginalPx)
  const badges = placeBadges(boxes, search.picture)
  const target = targetBox(search)
  const shade = boxNow && turn > 0 ? ring([0, 0, width, height]) + ring(boxNow) : ''
  return (
    <div class={`stage ${props.target ? 'show-targets' : ''}`}>
      <svg
        ref={svg}
        class="canvas"
        role="img"
        tabIndex={0}
        width={2000}
        height={Math.round((2000 * height) / width)}
        viewBox={view.join(' ')}
        aria-label={`The picture, ${width} × ${height} pixels, with the boxes of ${steps.length} turns. Plus and minus zoom, shift and arrows move, 0 shows all.`}
        style={{ touchAction: view[2] < width ? 'none' : 'pan-y' }}
        {...pointers}
        onKeyDown={(event) => onKey(event, view, search, onView)}
      >
        <image href={urls.region(overviewSide)} width={width} height={height} preserveAspectRatio="none" />
        {detail && (
          <image
            class="detail"
            href={detail.url}
            x={detail.box[0]}
            y={detail.box[1]}
            width={detail.box[2] - detail.box[0]}
            height={detail.box[3] - detail.box[1]}
            preserveAspectRatio="none"
          />
        )}
        <path class="shade" d={shade} fill-rule="evenodd" style={{ opacity: shade ? 1 : 0 }} />
        {steps.map(({ number, observation }, index) => (
          <g
            key={number}
            class={`box ${turnClasses(number)} depth-${Math.min(4, depthOf(search, observation!))} ${turnState(number, turn, props.lit)}`}
            data-turn={number}
            onClick={() => props.onTurn(number)}
            onPointerEnter={() => props.onLit(number)}
            onPointerLeave={() => props.onLit(undefined)}
          >
            <Rectangle box={boxes[index]!} name="halo" />
            <Rectangle box={boxes[index]!} name="line" />
            <g class="badge" transform={`translate(${badges[index]!.x} ${badges[index]!.y}) scale(${scale})`}>
              <circle r={11} />
              <text dy={4}>{number}</text>
            </g>
          </g>
        ))}
        {target && (
          <g class="target">
            <Rectangle box={target} name="halo" />
            <Rectangle box={target} name="line" />
          </g>
        )}
      </svg>
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => onView(zoomed(view, 0.6, search.picture))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => onView(zoomed(view, 1 / 0.6, search.picture))}>
          −
        </button>
        <button type="button" aria-label="Show all of the picture" onClick={() => onView(wholeView(search.picture))}>
          ⤢
        </button>
      </div>
    </div>
  )
}

function Rectangle({ box: [x0, y0, x1, y1], name }: { readonly box: PixelBox; readonly name: string }) {
  return <rect class={name} x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
}

function ring([x0, y0, x1, y1]: readonly number[]): string {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`
}

/** Moves from one view to another; returns how to stop. */
function fly(from: ViewBox, to: ViewBox, onView: (view: ViewBox) => void): () => void {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (from.every((value, index) => value === to[index])) return () => {}
  const began = performance.now()
  let frame = 0
  const move = (now: number): void => {
    const t = calm ? 1 : Math.max(0, Math.min(1, (now - began) / flyMs))
    const eased = t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t)
    const at = (index: 0 | 1 | 2 | 3): number => from[index] + (to[index] - from[index]) * eased
    onView([at(0), at(1), at(2), at(3)])
    if (t < 1) frame = requestAnimationFrame(move)
  }
  frame = requestAnimationFrame(move)
  return () => cancelAnimationFrame(frame)
}

/** The region in sight at the screen's resolution, once the view has come to rest and the overview is too coarse for it. */
function useDetail(urls: PictureUrls, view: ViewBox, { picture }: ShownSearch, widthPx: number) {
  const [detail, setDetail] = useState<{ readonly url: string; readonly box: readonly number[] }>()
  useEffect(() => {
    const overviewScale = overviewSide / Math.max(picture.width, picture.height)
    const wanted = (widthPx * devicePixelRatio) / view[2]
    if (wanted <= overviewScale * 1.1 || overviewScale >= 1) return undefined
    let wantedStill = true
    const timer = setTimeout(() => {
      const [x, y, w, h] = view
      const box = [Math.floor(x), Math.floor(y), Math.ceil(x + w), Math.ceil(y + h)].map((value, index) =>
        Math.max(0, Math.min(index % 2 === 0 ? picture.width : picture.height, value)),
      )
      const side = Math.min(2048, Math.max(w, h) * Math.min(1, wanted))
      const image = new Image()
      image.src = urls.region(side, box)
      image.decode().then(
        () => wantedStill && setDetail({ url: image.src, box }),
        () => {}, // the overview stays
      )
    }, settleMs)
    return () => {
      wantedStill = false
      clearTimeout(timer)
    }
  }, [view.join(' '), widthPx, urls.region(1)])
  return detail
}

/** The wheel zooms at the pointer, one pointer moves, two pinch. */
function usePointers(
  svg: { readonly current: SVGSVGElement | null },
  latest: { current: ViewBox },
  { picture }: ShownSearch,
  onView: (view: ViewBox) => void,
) {
  const down = useRef(new Map<number, { x: number; y: number }>())
  const share = useCallback((event: { clientX: number; clientY: number }) => {
    const { left, top, width, height } = svg.current!.getBoundingClientRect()
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height }
  }, [])
  const go = (view: ViewBox): void => {
    latest.current = view
    onView(view)
  }
  useEffect(() => {
    const onWheel = (event: WheelEvent): void => {
      const whole = latest.current[2] >= picture.width
      if (event.deltaY > 0 && whole) return // the page scrolls on
      event.preventDefault()
      const by = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200)
      go(zoomed(latest.current, by, picture, share(event)))
    }
    const element = svg.current!
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [picture.width, picture.height])
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
        const apart = (point: { x: number; y: number }): number => Math.hypot(point.x - other.x, point.y - other.y)
        go(zoomed(latest.current, apart(before) / Math.max(0.01, apart(now)), picture, other))
      } else {
        const [, , w, h] = latest.current
        go(moved(latest.current, (before.x - now.x) * w, (before.y - now.y) * h, picture))
      }
    },
    onPointerUp: (event: PointerEvent) => void down.current.delete(event.pointerId),
    onPointerCancel: (event: PointerEvent) => void down.current.delete(event.pointerId),
    onPointerLeave: (event: PointerEvent) => void down.current.delete(event.pointerId),
  }
}

function onKey(event: KeyboardEvent, view: ViewBox, { picture }: ShownSearch, onView: (view: ViewBox) => void): void {
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  }
  const way = event.shiftKey ? ways[event.key] : undefined
  if (way) onView(moved(view, (way[0] * view[2]) / 8, (way[1] * view[3]) / 8, picture))
  else if (event.key === '+' || event.key === '=') onView(zoomed(view, 0.6, picture))
  else if (event.key === '-') onView(zoomed(view, 1 / 0.6, picture))
  else if (event.key === '0') onView(wholeView(picture))
  else return
  event.preventDefault()
  event.stopPropagation()
}
