import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const include = ['src/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.mjs']

/** Test files that put something in the place of a module. They work, and leave others alone, only in a worker of their own. */
const mocking = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => `src/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts') && /\bvi\.(mock|doMock|resetModules)\(/.test(readFileSync(path, 'utf8')))

export default defineConfig({
  test: {
    // To evaluate all that a file imports costs more than most files' tests: the files of a worker share it.
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include, exclude: mocking } },
      { extends: true, test: { name: 'mocking', isolate: true, include: mocking } },
    ],
    setupFiles: ['test/leave-as-found.ts'],
    globalSetup: ['scripts/fresh-build.mjs'],
    // A busy machine takes longer, and nothing more: what ends a test is that it hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // An accident on a machine that nobody can look into hides nothing: the reporter names whatever needed it.
    retry: process.env['CI'] ? 1 : 0,
    expect: { poll: { timeout: 120_000 } },
    // Tests look at no server that happens to run or to be installed on this machine, and keep nothing in its caches.
    // The program looks the same to them whether or not npx started them.
    env: { MINI_O3_PORTS: '', MINI_O3_LLAMA_SERVER: '', XDG_CACHE_HOME: '/dev/null', npm_command: '' },
    pool: 'threads',
    // Many tests wait for a browser, a server or a process: more workers than cores keep the cores busy meanwhile.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    reporters: ['default', './scripts/plain-reporter.mjs'],
  },
})
