import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { escapeText, html, markupOf, styleElement } from './html.ts'

test('values are text, markup is only what a template made', () => {
  const inner = html`<b>${'<i>'}</b>`
  expect(markupOf(html`<p title="${'"x"'}">${inner}${['&', inner]}${false}${undefined}${3}</p>`)).toBe(
    '<p title="&quot;x&quot;"><b>&lt;i&gt;</b>&amp;<b>&lt;i&gt;</b>3</p>',
  )
})

test('an object read from a file cannot pass for markup', () => {
  const fake = JSON.parse('{"html": "<script>", "Symbol(markup)": "<script>"}')
  expect(() => markupOf(html`${fake}`)).toThrow('not a function')
})

test('no text can leave its element or its attribute', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      const escaped = escapeText(text)
      expect(escaped).not.toMatch(/[<>"'`]/)
      expect(escaped.isWellFormed()).toBe(true)
      expect(escaped.replace(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&')
    }),
  )
  expect(escapeText('a\ud800b\u0000c\u001b[31m')).toBe('a\ufffdb\ufffdc\ufffd[31m')
})

test('a style that would end its own element is refused', () => {
  expect(() => styleElement('x: "</STYLE>"')).toThrow('its own end tag')
})
