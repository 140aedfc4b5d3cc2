import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.mjs'],
    globalSetup: ['scripts/fresh-build.mjs'],
    exclude: ['dist/**', 'node_modules/**'],
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
