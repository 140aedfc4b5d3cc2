/** Pictures in all the forms in which clients send them. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { sentPicture } from './sent-picture.ts'

const bytes = randomBytes(1000)
const base64 = bytes.toString('base64')
const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

test.each([
  ['usual', `data:image/png;base64,${base64}`],
  ['without a subtype', `data:image;base64,${base64}`],
  ['without a media type', `data:;base64,${base64}`],
  ['another media type', `data:application/octet-stream;base64,${base64}`],
  ['a parameter', `data:image/jpeg;charset=utf-8;base64,${base64}`],
  ['a quoted comma', `data:image/jpeg;name="a,b;base64,c.jpg";base64,${base64}`],
  ['upper case', `DATA:IMAGE/PNG;BASE64,${base64}`],
  ['blanks', ` data:image/png; base64,${base64}\n`],
  ['URL-safe', `data:image/png;base64,${base64.replaceAll('+', '-').replaceAll('/', '_')}`],
  ['no padding', `data:image/png;base64,${base64.replace(/=+$/, '')}`],
  ['wrapped lines', `data:image/png;base64,${base64.replaceAll(/(.{76})/g, '$1\r\n')}`],
  ['escaped base64', `data:image/png;base64,${encodeURIComponent(base64)}`],
  ['escaped line breaks', `data:image/png;base64,${base64.replaceAll(/(.{76})/g, '$1%0A')}`],
  ['percent signs', `data:image/png,${percent}`],
  ['percent signs, upper case', `data:,${percent.toUpperCase()}`],
])('%s', (_, url) => {
  expect(sentPicture(url)).toEqual(bytes)
})

test.each([
  'http://127.0.0.1/a.png',
  'file:///etc/passwd',
  'data:image/png;base64',
  base64,
  '',
  `data:${'a'.repeat(2000)},x`,
  `data:"${'a"'.repeat(400)}`,
])('%.40s is not fetched', (url) => {
  expect(() => sentPicture(url)).toThrow(/data: URL/)
})
