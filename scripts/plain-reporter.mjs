/**
 * A vitest reporter whose only output is the end of a run in plain words, for people and for programs that read the end of a log.
 * The last line is `N passed, N failed`; a file that could not be loaded and an error outside any test count as failed. Before it
 * stand the names of the tests that failed at first and passed when they were tried again: each is a fault to be mended.
 */
export default class PlainReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    const retried = []
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      const right = tests.filter((test) => test.result().state === 'passed')
      passed += right.length
      const again = right.filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0)
      retried.push(...again.map((test) => `${module.relativeModuleId} > ${test.fullName}`))
      const failedHere = tests.filter((test) => test.result().state === 'failed').length
      failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere
    }
    if (retried.length > 0) console.log(`passed only on the second try: ${retried.join('; ')}`)
    console.log(`${passed} passed, ${failed} failed`)
  }
}
