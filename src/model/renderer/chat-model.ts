/** The input format of a vision-language model: its tokenizer, the layout of its conversations, and the tokens of a picture. */
import type { Size } from '../../protocol/box.ts'
import { canonicalJson, sha256 } from '../../shared/canonical.ts'
import { UserError } from '../../shared/errors.ts'
import { imageTokens, mostAspect, type TokenCount, type TokenGrid } from '../../vision/image-tokens.ts'
import { type ChatTemplate, chatTemplate } from './chat-template.ts'
import { familyOf } from './families/families.ts'
import type { ModelFamily } from './families/family.ts'
import { type Layout, readLayout } from './layout.ts'
import { type ModelFiles, readModelFiles } from './model-files.ts'
import { type ChatTokenizer, chatTokenizer } from './tokenizer.ts'

export interface ChatModel {
  readonly family: ModelFamily
  readonly tokenizer: ChatTokenizer
  /** Hash of the tokenizer's file: training with another one means other tokens. */
  readonly tokenizerSha256: string
  readonly template: ChatTemplate
  /** The token that ends a turn. */
  readonly end: number
  /** Tokens that a server replaces by pictures, or that enclose them. */
  readonly pictureTokens: ReadonlySet<number>
  /** The model's own pixel limits. */
  readonly grid: TokenGrid
  /** The size at which a picture is sent, so that the server does not resize it, and its tokens at that size. */
  fit(size: Size): TokenCount
  /** `tools`: declarations of the functions that the policy may call. */
  layout(tools?: readonly object[]): Layout
}

/** See `readModelFiles`. Throws `UserError` if the files are not those of such a model. */
export async function openChatModel(place: string): Promise<ChatModel> {
  return chatModel(await readModelFiles(place))
}

/** Throws `UserError` if the files do not belong to a supported model. */
export function chatModel(files: ModelFiles): ChatModel {
  const template = chatTemplate(files)
  const { family, grid } = familyOf(files, template)
  const tokenizer = chatTokenizer(files['tokenizer.json'], files['tokenizer_config.json'])
  const plain = readLayout(template, family.pad)
  const [end] = tokenizer.encodeMarked(plain.next)
  if (end === undefined || tokenizer.decode([end]) !== '' || tokenizer.idOf(family.pad) === undefined) {
    throw new UserError(
      'tokenizer-foreign',
      `The tokenizer lacks the special tokens of ${family.title} that the chat template writes. Use the model’s own files.`,
    )
  }
  const withTools = new Map<string, Layout>()
  return {
    family,
    tokenizer,
    tokenizerSha256: sha256(JSON.stringify(files['tokenizer.json'])),
    template,
    end,
    pictureTokens: new Set(family.pictureTokens.flatMap((name) => tokenizer.idOf(name) ?? [])),
    grid,
    fit: (size) => settled(imageTokens(size, grid), grid),
    layout: (tools) => {
      if (tools === undefined) return plain
      const key = canonicalJson(tools)
      const layout = withTools.get(key) ?? readLayout(template, family.pad, tools)
      withTools.set(key, layout)
      return layout
    },
  }
}

/**
 * The server measures again what was resized here, and rounding can make a thin picture too thin for it (29 x 5643 becomes
 * 28 x 5656): then its long side is cut down to what is allowed.
 */
function settled(count: TokenCount, grid: TokenGrid): TokenCount {
  const { width, height } = count.size
  const longest = Math.min(width, height) * mostAspect
  if (Math.max(width, height) <= longest) return count
  return imageTokens({ width: Math.min(width, longest), height: Math.min(height, longest) }, grid)
}
