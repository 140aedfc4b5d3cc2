/** Types for the used part of libheif-js, which has none for this entry point. */
declare module 'libheif-js/wasm-bundle.js' {
  interface HeifImage {
    get_width(): number
    get_height(): number
    is_primary(): boolean
    /** Decodes into `into.data`, four bytes per pixel, and calls back with it, or with null on failure. */
    display(into: HeifPixels, done: (shown: HeifPixels | null) => void): void
  }

  interface HeifPixels {
    readonly data: Uint8ClampedArray<ArrayBuffer>
    readonly width: number
    readonly height: number
  }

  const libheif: { readonly HeifDecoder: new () => { decode(encoded: Uint8Array): HeifImage[] } }
  export default libheif
}
