/** Finds what the build made, a worker thread or a WebAssembly module, even if the caller runs from source (as under the test runner). */

/** URL of the built file `name` (such as `./worker.js`), relative to the compiled module whose source or compiled URL is `moduleUrl`. */
export function workerUrl(moduleUrl: string, name: string): URL {
  // The last `src`, since the path of the project itself may contain one.
  const compiled = moduleUrl.endsWith('.ts') ? moduleUrl.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : moduleUrl
  return new URL(name, compiled)
}
