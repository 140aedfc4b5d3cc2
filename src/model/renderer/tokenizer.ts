/** The tokenizer of a vision-language model, read from its own file. Text of users and models never becomes a special token. */
import { Tokenizer } from '@huggingface/tokenizers'
import { UserError } from '../../shared/errors.ts'

/** Text of a user or a model, or a part of the layout, in which special tokens are intended. */
export type Piece = string | { readonly frame: string }

export interface ChatTokenizer {
  /** Plain text: anything that looks like a special token is encoded with ordinary tokens. */
  encode(text: string): number[]
  /** Adjacent pieces are encoded as one text. */
  encodePieces(pieces: readonly Piece[]): number[]
  /** Encodes like other programs: anything that looks like a special token is one. */
  encodeMarked(text: string): number[]
  /** Special tokens are left out. */
  decode(tokens: readonly number[]): string
  /** Special tokens are written out. */
  spell(tokens: readonly number[]): string
  /** Undefined: the vocabulary has no such token. */
  idOf(token: string): number | undefined
}

/** From the parsed `tokenizer.json` and `tokenizer_config.json`. Throws `UserError` if they contain none. */
export function chatTokenizer(tokenizer: object, config: object): ChatTokenizer {
  const own = open(tokenizer, config)
  // Added tokens that are not special, as <think> in some models, are meant to be written.
  const special = new Map(
    [...own.get_added_tokens_decoder()].filter(([, token]) => token.special).map(([id, { content }]) => [content, id]),
  )
  const contents = [...special.keys()].toSorted((a, b) => b.length - a.length)
  /** Texts, and the special token behind each that has one. */
  const partsOf = (piece: Piece): { readonly said: string; readonly id?: number | undefined }[] => {
    if (typeof piece === 'string') return [{ said: piece }]
    const bounds = found(piece.frame, contents)
    return [...bounds, { at: piece.frame.length, mark: '' }].map(({ at, mark }, i) => {
      const { at: before = 0, mark: last = '' } = bounds[i - 1] ?? {}
      return { said: piece.frame.slice(before + last.length, at), id: special.get(mark) }
    })
  }
  const encodeMarked = (text: string): number[] => own.encode(text, { add_special_tokens: false }).ids
  const encode = (text: string): number[] => split(text, contents).flatMap(encodeMarked)
  const written = (tokens: readonly number[], skip: boolean): string =>
    tokens.length === 0
      ? ''
      : own.decode([...tokens], { skip_special_tokens: skip, clean_up_tokenization_spaces: false })
  return {
    encode,
    encodeMarked,
    encodePieces: (pieces) => {
      const tokens: number[] = []
      let text = ''
      for (const { said, id } of pieces.flatMap(partsOf)) {
        text += said
        if (id === undefined) continue
        tokens.push(...encode(text), id)
        text = ''
      }
      return [...tokens, ...encode(text)]
    },
    decode: (tokens) => written(tokens, true),
    spell: (tokens) => written(tokens, false),
    idOf: (token) => own.token_to_id(token),
  }
}

function open(tokenizer: object, config: object): Tokenizer {
  try {
    return new Tokenizer(tokenizer, config)
  } catch (cause) {
    throw new UserError(
      'tokenizer-foreign',
      'tokenizer.json contains no tokenizer that can be read. Use the model’s own.',
      { cause },
    )
  }
}

interface Found {
  readonly at: number
  readonly mark: string
}

/** Positions of all marks, in order. */
function found(text: string, marks: readonly string[]): Found[] {
  const places: Found[] = []
  for (const mark of marks) {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) places.push({ at, mark })
  }
  return places.toSorted((a, b) => a.at - b.at)
}

/** Splits after the first character of anything that the tokenizer would take for a special token. */
function split(text: string, marks: readonly string[]): string[] {
  const bounds = [0, ...found(text, marks).map(({ at }) => at + 1), text.length]
  return bounds.slice(1).map((end, i) => text.slice(bounds[i], end))
}
