/**
 * A page as a single file that opens without a server: the viewer of `web/` with embedded data. The data are in an element that is never
 * executed, with every `<` escaped, and the content security policy allows only the page's own script and no requests.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { UserError } from '../shared/errors.ts'
import { html, markupOf } from './html.ts'

const template = fileURLToPath(new URL('../../dist/web/file.html', import.meta.url))

/**
 * The HTML of the page. `plain`: lines shown without scripts. A page that searches may start workers from its own script, and compile
 * WebAssembly; there is still nothing that it may fetch.
 */
export async function dataFile(
  title: string,
  data: { readonly kind: string; readonly searcher?: unknown },
  plain: readonly string[],
): Promise<string> {
  const page = await readFile(template, 'utf8').catch((cause: unknown) => {
    throw new UserError('pages-not-built', `The pages are not built: there is no ${template}. Run: npm run build`, {
      cause,
    })
  })
  const lines = html`<noscript>${plain.map((line) => html`<p>${line}</p>`)}</noscript>`
  const more: Places =
    data.searcher === undefined ? [] : [["script-src '", "worker-src blob:; script-src 'wasm-unsafe-eval' '"]]
  return filled(page, [
    ...more,
    ['<title></title>', markupOf(html`<title>${title}</title>`)],
    ['<noscript></noscript>', markupOf(lines)],
    ['id="data">', `id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}`],
  ])
}

type Places = readonly (readonly [string, string])[]

/** Fills each placeholder once, in order, so that inserted text is not searched. */
function filled(page: string, places: Places): string {
  let done = ''
  let rest = page
  for (const [place, content] of places) {
    const at = rest.indexOf(place)
    if (at < 0) throw new Error(`the built page has no placeholder ${place}`)
    done += rest.slice(0, at) + content
    rest = rest.slice(at + place.length)
  }
  return done + rest
}
