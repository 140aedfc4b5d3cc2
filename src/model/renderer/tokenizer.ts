/** The tokenizer of a Qwen vision-language model, from its own file. What a user or a model wrote never becomes a mark. */
import { Tokenizer } from '@huggingface/tokenizers'
import { UserError } from '../../shared/errors.ts'

/** Tokens that structure a conversation; their ids are read from the tokenizer. */
interface Marks {
  /** Opens a message; its role follows. */
  readonly start: number
  /** Ends a message. */
  readonly end: number
  readonly visionStart: number
  readonly visionEnd: number
}

export interface QwenTokenizer {
  readonly marks: Marks
  /** Tokens in whose place a server puts pictures, or that enclose them: a turn that holds one breaks every count behind it. */
  readonly pictureTokens: ReadonlySet<number>
  /** Plain text: what looks like a mark in it is spelt out in ordinary tokens. */
  encode(text: string): number[]
  /** Marks are left out. */
  decode(tokens: readonly number[]): string
}

const markNames = {
  start: '<|im_start|>',
  end: '<|im_end|>',
  visionStart: '<|vision_start|>',
  visionEnd: '<|vision_end|>',
} as const satisfies Record<keyof Marks, string>

const pictureNames = [markNames.visionStart, markNames.visionEnd, '<|vision_pad|>', '<|image_pad|>', '<|video_pad|>']

/** From the parsed `tokenizer.json` and `tokenizer_config.json`. Throws `UserError` when it is no tokenizer of this family. */
export function qwenTokenizer(tokenizer: object, config: object): QwenTokenizer {
  const own = open(tokenizer, config)
  const marks = Object.fromEntries(
    Object.entries(markNames).map(([name, text]) => [name, markId(own, text)]),
  ) as unknown as Marks
  // Added tokens that are not special, as <think> in some models, are meant to be written.
  const special = [...own.get_added_tokens_decoder().values()].filter((token) => token.special)
  const forbidden = special.map(({ content }) => content)
  const pictures = pictureNames.flatMap((name) => own.token_to_id(name) ?? [])
  return {
    marks,
    pictureTokens: new Set(pictures),
    encode: (text) => split(text, forbidden).flatMap((part) => own.encode(part, { add_special_tokens: false }).ids),
    decode: (tokens) =>
      tokens.length === 0
        ? ''
        : own.decode([...tokens], { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
  }
}

function open(tokenizer: object, config: object): Tokenizer {
  try {
    return new Tokenizer(tokenizer, config)
  } catch (cause) {
    throw new UserError(
      'tokenizer-foreign',
      'tokenizer.json holds no tokenizer that can be read. Take the model’s own.',
      {
        cause,
      },
    )
  }
}

function markId(own: Tokenizer, text: string): number {
  const id = own.token_to_id(text)
  if (id !== undefined) return id
  throw new UserError(
    'tokenizer-foreign',
    `The tokenizer has no ${text}: it is not that of a Qwen vision-language model.`,
  )
}

/** Cuts behind the first character of whatever the tokenizer would take for one of its marks. */
function split(text: string, forbidden: readonly string[]): string[] {
  const cuts = new Set<number>()
  for (const content of forbidden) {
    for (let at = text.indexOf(content); at >= 0; at = text.indexOf(content, at + 1)) cuts.add(at + 1)
  }
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), text.length]
  return bounds.slice(1).map((end, i) => text.slice(bounds[i], end))
}
