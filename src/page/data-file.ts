/**
 * A page as one file that opens without a server: the viewer of `web/` with its data inside. The data stand in an element that is
 * never run, every sign that could end it is escaped, and the policy of the page lets nothing but its own script run and
 * nothing be fetched.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { UserError } from '../shared/errors.ts'
import { html, markupOf } from './html.ts'

const template = fileURLToPath(new URL('../../dist/web/file.html', import.meta.url))

/** The text of the page. `plain`: what a reader without scripts gets, a line each. */
export async function dataFile(
  title: string,
  data: { readonly kind: string },
  plain: readonly string[],
): Promise<string> {
  const page = await readFile(template, 'utf8').catch((cause: unknown) => {
    throw new UserError('pages-not-built', `The pages are not built: there is no ${template}. Run: npm run build`, {
      cause,
    })
  })
  const lines = html`<noscript>${plain.map((line) => html`<p>${line}</p>`)}</noscript>`
  return filled(page, [
    ['<title></title>', markupOf(html`<title>${title}</title>`)],
    ['<noscript></noscript>', markupOf(lines)],
    ['id="data">', `id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}`],
  ])
}

/** Each place once, in their order, so that what was put in is not looked through. */
function filled(page: string, places: readonly (readonly [string, string])[]): string {
  let done = ''
  let rest = page
  for (const [place, content] of places) {
    const at = rest.indexOf(place)
    if (at < 0) throw new Error(`the built page has no place ${place}`)
    done += rest.slice(0, at) + content
    rest = rest.slice(at + place.length)
  }
  return done + rest
}
