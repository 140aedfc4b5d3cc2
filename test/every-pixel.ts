/** A view rule under which a view keeps every pixel of its box. */
export const everyPixel = {
  kind: 'budget',
  minPixels: 1,
  maxPixels: 1e9,
  minSide: 1,
  maxAspect: null,
  resampler: 'nearest',
} as const
