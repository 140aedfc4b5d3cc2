/**
 * The picture with its overlays, with pan and zoom. The original is loaded at reduced size; when zoomed in, the visible region is
 * fetched at full resolution and laid over it. Layers move by CSS transforms, which avoid repainting.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { stepsOf } from '../src/page/step.ts'
import type { PixelBox, Size } from '../src/protocol/box.ts'
import { BoxEditor } from './box-editor.tsx'
import type { EditedBox } from './box-editor.tsx'
import { onCanvasKey, usePointers } from './canvas-gestures.ts'
import { CanvasMarks } from './canvas-marks.tsx'
import type { ShownMarks } from './marks.ts'
import { Minimap } from './minimap.tsx'
import { fly } from './shared-view.ts'
import type { SharedView } from './shared-view.ts'
import type { PictureUrls, ShownSearch } from './shown-search.ts'
import { around, wholeView, zoomed } from './view-box.ts'
import type { ViewBox } from './view-box.ts'

interface Props {
  readonly search: ShownSearch
  readonly urls: PictureUrls
  /** 0: the whole search. */
  readonly turn: number
  readonly lit: number | undefined
  readonly view: SharedView
  readonly follow: boolean
  readonly shown: ShownMarks
  /** A box that is being drawn, in place of those of the turns. */
  readonly edited?: EditedBox | undefined
  readonly onTurn: (turn: number) => void
  readonly onLit: (turn: number | undefined) => void
}

const overviewSide = 1400
const cropSide = 512
const settleMs = 160

export function SearchCanvas(props: Props) {
  const { search, urls, turn, view, follow, edited } = props
  const shown = edited ? { ...props.shown, boxes: false, path: false, heat: false } : props.shown
  const { picture } = search
  const { width, height } = picture
  const frame = useRef<HTMLDivElement>(null)
  const widthPx = useWidth(frame)
  const looks = stepsOf(search).filter(({ observation }) => observation !== undefined)
  const lookNow = turn > 0 ? looks.findLast(({ number }) => number <= turn)?.observation?.boxInOriginalPx : undefined
  const boxNow = edited ? edited.box : lookNow
  const goal = lookNow && around(lookNow, picture)
  const goalKey = follow ? (goal?.join(' ') ?? 'whole') : undefined
  useEffect(() => {
    if (goalKey === undefined) return undefined
    return fly(view, goal ?? wholeView(picture))
  }, [goalKey])

  const detail = useDetail(urls, view, search, widthPx)
  // Without arbitrary regions, the crops are the only sharper pictures.
  const crops = urls.anyRegion ? [] : looks.filter(({ number }) => number <= turn)
  useLayoutEffect(() => view.watch((now) => frame.current && place(frame.current, now, widthPx, picture)))
  const pointers = usePointers(frame, view, picture)
  const [gone, setGone] = useState(false)
  const overview = Math.min(1, overviewSide / Math.max(width, height))
  return (
    <div class="stage" style={{ '--aspect': width / height }}>
      <div class="picture" ref={frame} {...pointers}>
        <Layer
          url={urls.region(overviewSide)}
          box={[0, 0, width, height]}
          widthPx={width * overview}
          onState={setGone}
        />
        {gone && (
          <p class="gone" role="status">
            The picture cannot be loaded. If the run was copied, also copy its folder <code>images</code>, or the data
            it was made from.
          </p>
        )}
        {detail && <Layer key={detail.url} {...detail} />}
        {crops.map(({ number, observation }) => {
          const box = observation?.boxInOriginalPx
          if (!box) return null
          return (
            <Layer
              key={number}
              url={urls.region(cropSide, box)}
              box={box}
              widthPx={Math.min(cropSide, box[2] - box[0])}
            />
          )
        })}
        <svg
          class="canvas"
          role={edited ? 'group' : 'img'}
          tabindex={0}
          aria-label={`The picture, ${width} × ${height} pixels, ${edited ? 'with the box of the fork' : `with the boxes of ${looks.length} turns`}. Plus and minus zoom, shift and arrows move, 0 shows all.`}
          onKeyDown={(event) => onCanvasKey(event, view, picture)}
        >
          {boxNow && <path class="shade" d={ring([0, 0, width, height]) + ring(boxNow)} fill-rule="evenodd" />}
          <CanvasMarks {...props} shown={shown} />
          {edited && <BoxEditor {...edited} frame={frame} view={view} />}
        </svg>
        {shown.minimap && <Minimap url={urls.region(160)} size={picture} view={view} />}
      </div>
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => view.set(zoomed(view.now(), 0.6, picture))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => view.set(zoomed(view.now(), 1 / 0.6, picture))}>
          −
        </button>
        <button type="button" aria-label="Show all of the picture" onClick={() => view.set(wholeView(picture))}>
          ⤢
        </button>
      </div>
    </div>
  )
}

/** A part of the picture at its own size, positioned and scaled by `place`. */
interface LayerProps {
  readonly url: string
  /** In pixels of the original. */
  readonly box: readonly number[]
  readonly widthPx: number
  /** Told whether it could not be loaded. */
  readonly onState?: (gone: boolean) => void
}

function Layer({ url, box, widthPx, onState }: LayerProps) {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = box
  const width = Math.round(widthPx)
  const height = Math.round((widthPx * (y1 - y0)) / (x1 - x0))
  return (
    <img
      class="layer"
      src={url}
      alt=""
      width={width}
      height={height}
      draggable={false}
      data-box={box.join(' ')}
      onLoad={() => onState?.(false)}
      onError={() => onState?.(true)}
    />
  )
}

/** Positions all layers for a view. Only transforms change, and the scale of elements with a fixed size on screen. */
function place(frame: HTMLElement, view: ViewBox, widthPx: number, size: Size): void {
  if (widthPx === 0) return
  const scale = widthPx / view[2]
  for (const layer of frame.querySelectorAll<HTMLImageElement>('.layer')) {
    const [x0 = 0, y0 = 0, x1 = 0] = layer.dataset['box']?.split(' ').map(Number) ?? []
    const by = ((x1 - x0) * scale) / layer.width
    layer.style.transform = `translate(${(x0 - view[0]) * scale}px, ${(y0 - view[1]) * scale}px) scale(${by})`
  }
  const svg = frame.querySelector('.canvas')
  if (!svg) return
  set(svg, 'viewBox', view.join(' '))
  const small = widthPx < 450 ? 0.8 : 1
  for (const mark of svg.querySelectorAll<SVGElement>('.one-size')) {
    const { x, y } = mark.dataset
    set(mark, 'transform', `translate(${x} ${y}) scale(${small / scale})`)
  }
  frame.style.touchAction = view[2] < size.width ? 'none' : 'pan-y'
}

/** Sets an attribute only if it differs, since setting it causes a layout even if the value is the same. */
function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

function ring([x0, y0, x1, y1]: readonly number[] | PixelBox): string {
  return `M${x0} ${y0}H${x1}V${y1}H${x0}Z`
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [widthPx, setWidthPx] = useState(0)
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidthPx(element.current?.clientWidth ?? 0))
    if (element.current) watch.observe(element.current)
    return () => watch.disconnect()
  }, [])
  return widthPx
}

/** Fetches the visible region at screen resolution once the view has settled and the overview is too coarse. */
function useDetail(urls: PictureUrls, view: SharedView, { picture }: ShownSearch, widthPx: number) {
  const [detail, setDetail] = useState<LayerProps>()
  useEffect(() => {
    const overviewScale = overviewSide / Math.max(picture.width, picture.height)
    let timer: ReturnType<typeof setTimeout>
    let newest = 0
    const fetchDetail = async ([x, y, w, h]: ViewBox): Promise<void> => {
      const wanted = (widthPx * devicePixelRatio) / w
      if (wanted <= overviewScale * 1.1 || overviewScale >= 1 || !urls.anyRegion) return
      const mine = ++newest
      const box = [Math.floor(x), Math.floor(y), Math.ceil(x + w), Math.ceil(y + h)].map((value, index) =>
        Math.max(0, Math.min(index % 2 === 0 ? picture.width : picture.height, value)),
      )
      const image = new Image()
      image.src = urls.region(Math.min(2048, Math.max(w, h) * Math.min(1, wanted)), box)
      await image.decode().catch(() => {}) // keep showing the overview
      if (mine === newest && image.naturalWidth > 0) setDetail({ url: image.src, box, widthPx: image.naturalWidth })
    }
    const stop = view.watch((now) => {
      clearTimeout(timer)
      timer = setTimeout(() => void fetchDetail(now), settleMs)
    })
    return () => {
      stop()
      newest = -1
      clearTimeout(timer)
    }
  }, [view, widthPx, urls.region(1)])
  return detail
}
