/** Finds the compiled file of a worker thread, also when the caller runs from its source (as under the test runner). */

/** URL of the compiled worker `name` (such as `./worker.js`) beside the module with URL `moduleUrl`. */
export function workerUrl(moduleUrl: string, name: string): URL {
  // The last `src`: the folders above the project may have one as well.
  const compiled = moduleUrl.endsWith('.ts') ? moduleUrl.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : moduleUrl
  return new URL(name, compiled)
}
