/** Which files of a repository make a vision model for llama.cpp: weights in the wanted precision, all their pieces, and the projector. Pure. */
import { UserError } from '../shared/errors.ts'
import { lastOf } from '../shared/known.ts'

export interface GgufFiles {
  /** The pieces in their order; one where the model is not split. */
  readonly model: readonly string[]
  /** The projector, which turns pictures into tokens. */
  readonly mmproj: string
}

/** What is taken where nothing is asked for: the first that there is. Below four bits small print suffers most. */
const quantOrder = ['Q4_K_M', 'Q4_K_XL', 'Q4_K_S', 'Q5_K_M', 'Q4_0', 'IQ4_XS', 'Q6_K', 'Q8_0', 'F16', 'BF16', 'F32']

/** Eight bits are half the download of 16, and are computed faster without a graphics card (docs/experiments/local.md). */
const mmprojOrder = ['Q8_0', 'F16', 'BF16', 'F32']

/** `quant`: a precision such as `Q4_K_M`, or the path of a file. Throws `UserError`, which names what there is. */
export function chooseGguf(paths: readonly string[], where: string, quant?: string): GgufFiles {
  const models = modelsIn(paths)
  const model = quant === undefined ? usual(models) : models.find((own) => fits(own, quant))
  if (models.length === 0) throw new UserError('gguf-none', `${where} contains no GGUF model.`)
  if (model === undefined) {
    const names = models.map((own) => quantOf(own) ?? own[0]).join(', ')
    throw new UserError(
      'gguf-quant',
      `${where} has no single ${quant ?? 'usual'} model. Name one of ${names} after a colon.`,
    )
  }
  const [first = ''] = model
  const mmproj = mmprojFor(first, paths)
  if (mmproj === undefined)
    throw new UserError(
      'gguf-no-mmproj',
      `${where} contains no projector (mmproj) for ${first}: without one that model cannot see pictures.`,
    )
  return { model, mmproj }
}

/** The models whose pieces are all there, in the order of their names; projectors and what only steers quantising are none. */
export function modelsIn(paths: readonly string[]): string[][] {
  const weights = paths
    .filter((path) => isGguf(path) && !isMmproj(path) && !/imatrix/i.test(lastOf(path.split('/'))))
    .toSorted()
  return weights.flatMap((path) => {
    const piece = pieceOf(path)
    if (piece === undefined) return [[path]]
    if (piece.index !== 1) return []
    const all = Array.from({ length: piece.count }, (_, index) => piece.pathOf(index + 1))
    return all.every((own) => weights.includes(own)) ? [all] : []
  })
}

/** The projector for a model: of the same folder or of one above, by its precision. */
export function mmprojFor(model: string, paths: readonly string[]): string | undefined {
  const rank = (path: string): number => {
    const at = mmprojOrder.findIndex((quant) => hasQuant(path, quant))
    return at < 0 ? mmprojOrder.length : at
  }
  return paths
    .filter((path) => isGguf(path) && isMmproj(path) && model.startsWith(folderOf(path)))
    .toSorted((a, b) => folderOf(b).length - folderOf(a).length || rank(a) - rank(b) || (a < b ? -1 : 1))[0]
}

/** The precision that the name of a model states, as people write it; undefined: it states none. */
export function quantOf([path = '']: readonly string[]): string | undefined {
  return /(?:^|[-._/])((?:UD-)?(?:I?Q\d\w*|BF16|F16|F32|MXFP4\w*|TQ\d\w*))(?=[-.])/i.exec(path)?.[1]?.toUpperCase()
}

/** Of a split model `x-00001-of-00003.gguf`; undefined: it is in one piece. */
export function pieceOf(
  path: string,
): { readonly index: number; readonly count: number; pathOf(index: number): string } | undefined {
  const [, stem, index, count] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(path) ?? []
  if (index === undefined || Number(count) > 1000) return undefined
  const pathOf = (own: number): string => `${stem}-${String(own).padStart(5, '0')}-of-${count}${path.slice(-5)}`
  return { index: Number(index), count: Number(count), pathOf }
}

function usual(models: readonly string[][]): string[] | undefined {
  if (models.length === 1) return models[0]
  return quantOrder.map((quant) => models.find((own) => fits(own, quant))).find((own) => own !== undefined)
}

function fits([path = '']: readonly string[], quant: string): boolean {
  return path === quant || hasQuant(path, quant)
}

function hasQuant(path: string, quant: string): boolean {
  const marks = quant.replace(/[^\w-]/g, '')
  return new RegExp(`(?:^|[-._/])${marks}(?=[-.])`, 'i').test(path)
}

function isGguf(path: string): boolean {
  return /\.gguf$/i.test(path)
}

function isMmproj(path: string): boolean {
  return /mmproj/i.test(lastOf(path.split('/')))
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
