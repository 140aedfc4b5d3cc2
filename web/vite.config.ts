/** Builds the pages into `dist/web`, offline; the stylesheet of the self-contained page is the base of theirs. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { style } from '../src/page/style.ts'

const styleId = 'virtual:page-style.css'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  plugins: [
    {
      name: 'page-style',
      resolveId: (id) => (id === styleId ? `\0${styleId}` : undefined),
      load: (id) => (id === `\0${styleId}` ? style() : undefined),
    },
  ],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
})
