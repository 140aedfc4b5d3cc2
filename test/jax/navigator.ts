/** jax-js asks the browser how many cores there are: to be imported before it. */
if (!('navigator' in globalThis)) {
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 1, userAgent: 'node' } })
}
