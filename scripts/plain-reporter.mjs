/**
 * A vitest reporter whose only output is the last line of a run in plain words, `N passed, N failed`, for people and for
 * programs that read the end of a log. A file that could not be loaded and an error outside any test count as failed.
 */
export default class PlainReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      passed += tests.filter((test) => test.result().state === 'passed').length
      const failedHere = tests.filter((test) => test.result().state === 'failed').length
      failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere
    }
    console.log(`${passed} passed, ${failed} failed`)
  }
}
