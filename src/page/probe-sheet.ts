/** The contact sheet of a set of worlds: each problem with its picture, its targets outlined, and a close look at them. */
import { join } from 'node:path'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { WorldRow } from '../probe/world/row.ts'
import { html, markupOf, trustedElement } from './html.ts'
import type { Html } from './html.ts'

const thumbSide = 560
const closeSide = 300
/** What is shown around a target, as a share of its longer side. */
const margin = 0.25

/** The page, complete in itself. */
export async function probeSheet(folder: string, rows: readonly WorldRow[]): Promise<string> {
  const cards: Html[] = []
  for (const row of rows) cards.push(await card(folder, row))
  const page = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${rows.length} problems of ${folder}</title>
      ${trustedElement('style', style)}
      <h1>${rows.length} problems of ${folder}</h1>
      <main>${cards}</main>
    </html>`
  return markupOf(page)
}

async function card(folder: string, row: WorldRow): Promise<Html> {
  const file = join(folder, row.images[0])
  const thumb = await jpegUrl(sharp(file).resize(thumbSide, thumbSide, { fit: 'inside' }))
  const closes: string[] = []
  for (const box of row.target_boxes) {
    const around = sharp(file).extract(surroundings(row, box))
    closes.push(await jpegUrl(around.resize(closeSide, closeSide, { fit: 'inside' })))
  }
  const outlines = row.target_boxes.map(([x0, y0, x1, y1]) => {
    const [x, y, w, h] = [x0, y0, x1 - x0, y1 - y0].map((part) => (part * 100).toFixed(3))
    return html`<rect x="${x}%" y="${y}%" width="${w}%" height="${h}%" />`
  })
  const choices = row.choices.map(
    (choice, n) => html`<li class="${choice === row.solution && 'right'}">${'ABCD'[n]}. ${choice}</li>`,
  )
  const { target_share: share, look_alikes: lookAlikes, things } = row.difficulty
  return html`<article>
    <p class="name">${row.doc_id} · ${row.family} · ${row.width} x ${row.height}</p>
    <h2>${row.problem.replace('<image>', '').trim()}</h2>
    <ul>${choices}</ul>
    <div class="picture"><img src="${thumb}" alt="the whole picture" /><svg>${outlines}</svg></div>
    <div class="close">${closes.map((url) => html`<img src="${url}" alt="a target" />`)}</div>
    <p class="name">target ${(share * 100).toPrecision(2)} % of the picture, ${lookAlikes} look-alikes, ${things} things</p>
  </article>`
}

function surroundings({ width, height }: WorldRow, [x0, y0, x1, y1]: WorldRow['target_box']) {
  const by = margin * Math.max((x1 - x0) * width, (y1 - y0) * height)
  const left = Math.max(0, Math.floor(x0 * width - by))
  const top = Math.max(0, Math.floor(y0 * height - by))
  return {
    left,
    top,
    width: Math.min(width, Math.ceil(x1 * width + by)) - left,
    height: Math.min(height, Math.ceil(y1 * height + by)) - top,
  }
}

async function jpegUrl(image: Sharp): Promise<string> {
  return `data:image/jpeg;base64,${(await image.jpeg({ quality: 82 }).toBuffer()).toString('base64')}`
}

const style = `
body { margin: 24px; font: 15px/1.45 system-ui, sans-serif; color: #1c1c1a; background: #f3f1ea }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 20px }
article { background: #fff; border-radius: 10px; padding: 16px; box-shadow: 0 1px 4px #0002 }
h1 { font-size: 20px } h2 { font-size: 16px; margin: 4px 0 8px }
.name { color: #6d6a61; font-size: 12.5px; margin: 4px 0 }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 14px } .right { font-weight: 700; color: #0d6b3f }
.picture { position: relative } .picture img { width: 100%; display: block; border-radius: 6px }
svg { position: absolute; inset: 0; width: 100%; height: 100% }
rect { fill: none; stroke: #ff0a54; stroke-width: 2.5 }
.close { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px } .close img { max-width: 48%; max-height: 180px; border-radius: 6px }
`
