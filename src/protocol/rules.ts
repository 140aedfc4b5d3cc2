/** The parts of a profile that are rules of their own: views, crops, frames, the flow of a search and the unit of boxes. Pure. */

const resamplers = ['nearest', 'area', 'bicubic', 'lanczos3'] as const
export type Resampler = (typeof resamplers)[number]

/** How a region becomes the view that a policy sees (reference 5.3). */
export type ViewRule =
  | {
      readonly kind: 'budget'
      /** Smaller regions are enlarged to this many pixels. */
      readonly minPixels: number
      /** Larger regions are shrunk to this many pixels. */
      readonly maxPixels: number
      /** No side of a view is shorter than this, in pixels. */
      readonly minSide: number
      /** The short side is widened at or above this ratio of the sides; null: any shape stands. */
      readonly maxAspect: number | null
      readonly resampler: Resampler
    }
  | {
      readonly kind: 'grid'
      /** Sides are multiples of this, in pixels: a server that counts image tokens by the cell does not resize again. */
      readonly cell: number
      readonly minPixels: number
      readonly maxPixels: number
      readonly resampler: Resampler
    }
  | { readonly kind: 'exact'; readonly width: number; readonly height: number; readonly resampler: Resampler }

/** How the box of a call becomes whole pixels of its source (reference 5.5 and 9). */
export interface CropRule {
  /**
   * `inner`: truncated, and the last row and column are never part of a crop; `nearest`: rounded, up to the very edge; `even`: the
   * same with halves rounded to the even pixel, as Pillow rounds; `beyond`: rounded so too, and black where it leaves the source.
   */
  readonly edges: 'inner' | 'nearest' | 'even' | 'beyond'
  /** Added on every side, as a fraction of the source's width or height. */
  readonly padding: number
  /** A crop with a side of fewer pixels is refused. */
  readonly minSide: number
  /** A crop with a side of fewer pixels is enlarged about its centre, as far as the source reaches. */
  readonly leastSide?: number
}

/** The pictures that a loop keeps, where these are not the originals: boxes are cut from them, and views are made of them. */
export interface FrameRule {
  readonly first: ViewRule
  readonly observation: ViewRule
}

/** What follows from replies that do not simply zoom or answer. */
export interface FlowRule {
  /** A call that cannot be carried out is told back, or ends the search as `void`. */
  readonly mistake: 'told' | 'ends'
  /**
   * A reply without call or answer ends the search as `void`, or is forgotten and the policy asked the same again. `reminded`: it is
   * told the form once a search; where it writes plain prose again, or no turn is left, all of that is its answer.
   */
  readonly silence: 'ends' | 'asked-again' | 'reminded'
  /** How a search ends whose answer stands in a reply that was cut off. */
  readonly cutAnswer: 'void' | 'answered'
  /**
   * A reply that was cut off before it called or answered ends the search as `void`, as in the released loop; absent: over a chat
   * endpoint it has `failed`, since the limit of tokens is no fault of the policy.
   */
  readonly cutReply?: 'void'
  /** A reply to a prompt that filled the context is `refused` together with what was told last, or `counts`. */
  readonly fullPrompt: 'refused' | 'counts'
}

export const coordinateNames = ['relative', 'percent', 'thousand', 'pixel'] as const
export type Coordinates = (typeof coordinateNames)[number]

/** `file`: pixels of the picture file; `mixed`: fractions where all four are below 1, else pixels of the source's frame. */
export type BoxUnit = Coordinates | 'file' | 'mixed'

/**
 * How a picture file becomes pixels. `displayed`: as a viewer shows it, upright, in sRGB, what is transparent on white, and only files
 * of one picture. `pillow`: as `Image.open(file).convert('RGB')` of Pillow reads it, in the orientation and the colours that are
 * stored, alpha dropped, deep greys clipped, the first page or frame. A TIFF is upright either way.
 */
export const pictureReadings = ['displayed', 'pillow'] as const
export type PictureReading = (typeof pictureReadings)[number]

/** How the pictures of problems are opened, and what becomes of problems whose picture is too narrow. */
export interface PictureRule {
  readonly reading: PictureReading
  /**
   * A picture whose first view would have a side below the view's `minSide` is `enlarged`, or its problem is `skipped`, as the released
   * loader does: then it is searched only where somebody asks about that very picture.
   */
  readonly narrow: 'enlarged' | 'skipped'
}
