/** Text and pictures of a message, in the formats of OpenAI's two APIs. */
import { z } from 'zod'
import { fieldsOf } from '../../shared/fields.ts'

export type RequestPart = { readonly text: string } | { readonly image: string }

const mostParts = 256

/** Text, a list of parts, or null, which clients send for a reply that only contains calls. */
export const contentSchema = z.unknown().transform((content, { issues }): readonly RequestPart[] => {
  const refuse = (message: string): readonly RequestPart[] => {
    issues.push({ code: 'custom', message, input: undefined })
    return []
  }
  if (typeof content === 'string') return [{ text: content }]
  if (content === null) return []
  if (!Array.isArray(content)) return refuse('has to be text, or a list of text and image_url parts')
  if (content.length > mostParts) return refuse(`has ${content.length} parts, more than ${mostParts}`)
  const parts = content.map(partOf)
  const wrong = parts.find((part) => typeof part === 'string')
  return wrong === undefined ? parts.filter((part) => typeof part === 'object') : refuse(wrong)
})

/** Returns an error message as a string. */
function partOf(part: unknown): RequestPart | string {
  if (typeof part === 'string') return { text: part }
  const { type, text, refusal, image_url: image } = fieldsOf(part) ?? {}
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return typeof text === 'string' ? { text } : `a part of type ${type} has to have a text`
    case 'refusal':
      return { text: typeof refusal === 'string' ? refusal : '' }
    case 'image_url':
    case 'input_image': {
      const url = typeof image === 'object' && image !== null && 'url' in image ? image.url : image
      if (typeof url === 'string') return { image: url }
      return `a part of type ${type} has to have an image_url: the picture itself as a data: URL, not the id of a file`
    }
    default: {
      const other = typeof type === 'string' ? `, not ${type.slice(0, 40)}` : ''
      return `has to be text, or a list of text and image_url parts${other}`
    }
  }
}

export function textOf(content: readonly RequestPart[]): string {
  return content.map((part) => ('text' in part ? part.text : '')).join('')
}

export function imagesOf(content: readonly RequestPart[]): string[] {
  return content.flatMap((part) => ('image' in part ? [part.image] : []))
}
