/**
 * A stored request as a command for a shell, to be repeated by hand. Every text of the request is model text or a file's: it stands in
 * single quotes, in which a shell interprets nothing, and control characters are escaped, which a terminal could interpret. The API key
 * is the value of its variable. Pure.
 */
import { pictureMark } from '../protocol/exchange.ts'
import type { SearchExchanges, WholeRequest } from '../protocol/exchange.ts'
import { fieldsOf } from '../shared/fields.ts'

/** Where the file of a picture can be fetched from; undefined if only its hash is known. */
export type PictureSource = (sha256: string) => string | undefined

export function curlCommand(
  { url, keyEnv }: Pick<SearchExchanges, 'url' | 'keyEnv'>,
  request: WholeRequest,
  sourceOf: PictureSource,
): string {
  const used: WholeRequest['pictures'][number][] = []
  const pieces = ['']
  const write = (text: string): void => void (pieces[pieces.length - 1] += text)
  /** Writes a value as JSON, with the data of pictures in pieces of their own. */
  const writeValue = (value: unknown): void => {
    const picture = pictureOf(value, request)
    const fields = fieldsOf(value)
    if (picture !== undefined) {
      const { type, image_url: image, uuid: _uuid, ...more } = fieldsOf(value) ?? {}
      if (!used.some(({ sha256 }) => sha256 === picture.sha256)) used.push(picture)
      write(`{"type":${jsonText(type)},"image_url":{"url":"data:${picture.mime};base64,`)
      pieces.push(fileOf(picture), '"')
      const { url: _url, ...others } = fieldsOf(image) ?? {}
      for (const [name, other] of Object.entries(others)) write(`,${jsonText(name)}:${jsonText(other)}`)
      write('}')
      for (const [name, other] of Object.entries(more)) write(`,${jsonText(name)}:${jsonText(other)}`)
      write('}')
    } else if (Array.isArray(value)) {
      write('[')
      for (const [index, item] of value.entries()) {
        if (index > 0) write(',')
        writeValue(item)
      }
      write(']')
    } else if (fields !== undefined && Array.isArray(fields['content'])) {
      write('{')
      for (const [index, [name, item]] of Object.entries(fields).entries()) {
        write(`${index > 0 ? ',' : ''}${jsonText(name)}:`)
        writeValue(item)
      }
      write('}')
    } else write(jsonText(value))
  }
  const { model, ...others } = request.fields
  write(`{"model":${jsonText(model)},"messages":`)
  writeValue(request.messages)
  for (const [name, value] of Object.entries(others)) write(`,${jsonText(name)}:${jsonText(value)}`)
  write('}')
  const isVariable = keyEnv !== undefined && /^[A-Za-z_]\w{0,99}$/.test(keyEnv)
  return [
    '# A request as it was sent, for sh, bash or zsh. It needs curl and base64.',
    ...(isVariable ? [`# The API key is not included: set ${keyEnv} to the key of the server below.`] : []),
    ...(used.length > 0 ? ['data() { base64 < "$1" | tr -d \'\\n\'; }'] : []),
    ...used.map((picture) => fetchLine(picture, sourceOf(picture.sha256))),
    `{ ${pieces.map((text, index) => (index % 2 === 0 ? `printf %s ${quoted(text)}` : `data ${text}`)).join('; ')}; } |`,
    `  curl -sS -N ${quoted(url)} -H 'content-type: application/json' ${isVariable ? `-H "authorization: Bearer $${keyEnv}" ` : ''}--data-binary @-`,
    '',
  ].join('\n')
}

/** The picture that a part of a message stands for. */
function pictureOf(value: unknown, { pictures }: WholeRequest): WholeRequest['pictures'][number] | undefined {
  const { type, image_url: image, uuid } = fieldsOf(value) ?? {}
  if (type !== 'image_url') return undefined
  const url = fieldsOf(image)?.['url']
  return pictures.find(({ sha256 }) => url === pictureMark(sha256) || ((image ?? null) === null && uuid === sha256))
}

function fileOf({ sha256, mime }: WholeRequest['pictures'][number]): string {
  return `${sha256.slice(0, 16)}.${mime === 'image/png' ? 'png' : 'jpg'}`
}

function fetchLine(picture: WholeRequest['pictures'][number], source: string | undefined): string {
  const file = fileOf(picture)
  return source === undefined
    ? `# Put the picture with the SHA-256 ${picture.sha256} (${picture.bytes} bytes) into the file ${file} first.`
    : `[ -f ${file} ] || curl -sSf -o ${file} ${quoted(source)}`
}

/** A word for a POSIX shell, whatever its text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** JSON without characters that a terminal could act on or that change the order of the text. */
function jsonText(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
