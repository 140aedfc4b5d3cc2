/** Finds the compiled file of a worker thread, even if the caller runs from source (as under the test runner). */

/** URL of the compiled worker `name` (such as `./worker.js`) beside the module with URL `moduleUrl`. */
export function workerUrl(moduleUrl: string, name: string): URL {
  // The last `src`, since the path of the project itself may contain one.
  const compiled = moduleUrl.endsWith('.ts') ? moduleUrl.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : moduleUrl
  return new URL(name, compiled)
}
