/** Builds the worker of pages that search into `dist/searcher/searcher.js`: one script, which `src/page/try-page.ts` puts into a page. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

const nodeInBrowser: Plugin = {
  name: 'node-in-browser',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith('node:') ? fileURLToPath(new URL('node.ts', import.meta.url)) : undefined),
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  plugins: [nodeInBrowser],
  // Where files of the build lie, which a page does not look for.
  define: { 'import.meta.url': '""' },
  build: {
    outDir: fileURLToPath(new URL('../../dist/searcher', import.meta.url)),
    emptyOutDir: true,
    reportCompressedSize: false,
    lib: {
      entry: 'worker.ts',
      formats: ['iife'],
      name: 'searcher',
      fileName: () => 'searcher.js',
    },
  },
})
