/**
 * HTML that is safe by default: whatever is put into an `html` template is escaped as text, unless it is itself the
 * result of an `html` template. Text from models and files can therefore never become markup. Pure.
 */
import { itemAt } from '../shared/known.ts'

const markup: unique symbol = Symbol('markup')

/** A piece of finished markup. Only this file can make one, so data read from a file can never pass for it. */
export interface Html {
  readonly [markup]: string
}

export type Content = Html | string | number | false | undefined | null | readonly Content[]

/** Markup with its values escaped; `false`, `null` and `undefined` leave nothing, lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let out = itemAt(strings, 0)
  for (const [index, value] of values.entries()) out += render(value) + itemAt(strings, index + 1)
  return { [markup]: out }
}

/** Rules of this program, which must not close their own element. */
export function styleElement(rules: string): Html {
  if (/<\/style/i.test(rules)) throw new Error('the style would end itself')
  return { [markup]: `<style>${rules}</style>` }
}

export function markupOf(content: Html): string {
  return content[markup]
}

function render(value: Content): string {
  if (value === false || value === undefined || value === null) return ''
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return markup in value ? value[markup] : value.map(render).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** Text for an element or a quoted attribute. Control characters and halves of surrogate pairs become U+FFFD. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"'`]/g, (sign) => entities[sign] ?? sign)
    .replace(unprintable, '\ufffd')
}

/** C0 and C1 controls but tab and newline. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
