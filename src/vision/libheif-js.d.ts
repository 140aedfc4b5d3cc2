/** What is used of libheif-js, which has no types for this entry. */
declare module 'libheif-js/wasm-bundle.js' {
  interface HeifImage {
    get_width(): number
    get_height(): number
    is_primary(): boolean
    /** Decodes into `into.data`, four bytes a pixel, and calls back with it; with null where that fails. */
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
