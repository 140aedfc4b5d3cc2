/**
 * Safe HTML templates: values in an `html` template are escaped unless they are themselves results of an `html` template, so text from
 * models and files can never become markup. Pure.
 */
import { itemAt } from '../shared/known.ts'

const markup: unique symbol = Symbol('markup')

/** Finished markup. Only this file can create it, so parsed data cannot be mistaken for it. */
export interface Html {
  readonly [markup]: string
}

export type Content = Html | string | number | false | undefined | null | readonly Content[]

/** Markup with escaped values; `false`, `null` and `undefined` are omitted, lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let out = itemAt(strings, 0)
  for (const [index, value] of values.entries()) out += render(value) + itemAt(strings, index + 1)
  return { [markup]: out }
}

/** A style element with our own rules, which must not contain its end tag. */
export function styleElement(rules: string): Html {
  if (/<\/style/i.test(rules)) throw new Error('the style contains its own end tag')
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

/** Escapes text for an element or a quoted attribute. Control characters and lone surrogates become U+FFFD. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"'`]/g, (sign) => entities[sign] ?? sign)
    .replace(unprintable, '\ufffd')
}

/** C0 and C1 controls except tab and newline. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
