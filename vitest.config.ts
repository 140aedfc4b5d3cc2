import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'scripts/**/*.test.mjs'],
    globalSetup: ['scripts/fresh-build.mjs'],
    exclude: ['dist/**', 'node_modules/**'],
    testTimeout: 60_000,
    // Tests look at no server that happens to run on this machine.
    env: { MINI_O3_PORTS: '' },
    pool: 'threads',
    // Vitest leaves one core free, which on the two of a small machine is half of them.
    maxWorkers: '100%',
    reporters: ['default', './scripts/plain-reporter.mjs'],
  },
})
