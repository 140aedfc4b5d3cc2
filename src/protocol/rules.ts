/** The rules within a profile: views, crops, frames, flow of a search, unit of boxes, reading of pictures. Pure. */

const resamplers = ['nearest', 'area', 'bicubic', 'lanczos3'] as const
export type Resampler = (typeof resamplers)[number]

/** How a region is scaled to the view that the policy sees. */
export type ViewRule =
  | {
      readonly kind: 'budget'
      /** Regions with fewer pixels are enlarged to this many. */
      readonly minPixels: number
      /** Regions with more pixels are shrunk to this many. */
      readonly maxPixels: number
      /** Minimum side of a view, in pixels. */
      readonly minSide: number
      /** At or above this aspect ratio the short side is widened; null: no limit. */
      readonly maxAspect: number | null
      readonly resampler: Resampler
    }
  | {
      readonly kind: 'grid'
      /** Sides are multiples of this, in pixels, so that a server with cells of this size does not resize again. */
      readonly cell: number
      readonly minPixels: number
      readonly maxPixels: number
      readonly resampler: Resampler
    }
  | { readonly kind: 'exact'; readonly width: number; readonly height: number; readonly resampler: Resampler }

/** How the box of a call is converted to whole pixels of its source. */
export interface CropRule {
  /**
   * `inner`: truncated, never including the last row and column; `nearest`: rounded, up to the edge; `even`: the same with half to even,
   * like Pillow; `beyond`: like `even`, but not clipped: black outside the source.
   */
  readonly edges: 'inner' | 'nearest' | 'even' | 'beyond'
  /** Margin added on every side, as a fraction of the source's width or height. */
  readonly padding: number
  /** A crop with a shorter side is refused. */
  readonly minSide: number
  /** A crop with a shorter side is enlarged around its centre, as far as the source allows. */
  readonly leastSide?: number
}

/** The resized pictures that a loop keeps in place of the originals: crops are cut from them. */
export interface FrameRule {
  readonly first: ViewRule
  readonly observation: ViewRule
}

/** How replies that neither zoom nor answer properly are handled. */
export interface FlowRule {
  /** An invalid call is fed back as an error, or ends the search as `void`. */
  readonly mistake: 'told' | 'ends'
  /**
   * A reply without call or answer ends the search as `void`, or is discarded and requested again. `reminded`: the policy is reminded of
   * the form once per search; if it writes plain prose again, or no turn is left, the whole reply is its answer.
   */
  readonly silence: 'ends' | 'asked-again' | 'reminded'
  /** `last-paragraph`: of plain prose within a thought that was never closed, the paragraph behind the last blank line is the answer. */
  readonly openThought?: 'last-paragraph'
  /** How a search ends if its answer is in a truncated reply. */
  readonly cutAnswer: 'void' | 'answered'
  /**
   * `void`: a reply truncated before its action ends the search as `void`, as in the released loop. Absent: over a chat endpoint the search
   * has `failed`, since the token limit should not count against the policy.
   */
  readonly cutReply?: 'void'
  /** Whether a reply to a prompt that filled the context is discarded with the last message (`refused`), or `counts`. */
  readonly fullPrompt: 'refused' | 'counts'
}

export const coordinateNames = ['relative', 'percent', 'thousand', 'pixel'] as const
export type Coordinates = (typeof coordinateNames)[number]

/** `file`: pixels of the picture file; `mixed`: fractions if all four numbers are below 1, otherwise pixels of the source's frame. */
export type BoxUnit = Coordinates | 'file' | 'mixed'

/**
 * How picture files are decoded. `displayed`: as a viewer shows them: upright, in sRGB, transparency on white, single-picture files only.
 * `pillow`: like Pillow's `Image.open(file).convert('RGB')`: stored orientation and colours, alpha dropped, deep greys clipped, first
 * page or frame. TIFF is upright in both.
 */
export const pictureReadings = ['displayed', 'pillow'] as const
export type PictureReading = (typeof pictureReadings)[number]

/** How pictures are opened, and how problems with too narrow pictures are handled. */
export interface PictureRule {
  readonly reading: PictureReading
  /**
   * If the first view would have a side below the view's `minSide`, the picture is `enlarged`, or the problem is `skipped`, as in the
   * released loader. `ask` never skips.
   */
  readonly narrow: 'enlarged' | 'skipped'
}
