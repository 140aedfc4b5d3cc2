/**
 * Builds the pages into `dist/web`: as files for a server, and as the single file `file.html` for pages that are opened from a file
 * with their data embedded.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { paletteStyle } from '../src/page/palette.ts'
import { itemAt } from '../src/shared/known.ts'

const paletteId = 'virtual:palette.css'

const palette: Plugin = {
  name: 'palette',
  resolveId: (id) => (id === paletteId ? `\0${paletteId}` : undefined),
  load: (id) => (id === `\0${paletteId}` ? paletteStyle() : undefined),
}

/** `file.html` fetches nothing, and its content security policy blocks every other script. `src/page/data-file.ts` inserts the data. */
const singleFile: Plugin = {
  name: 'single-file',
  generateBundle(_, bundle) {
    const parts = Object.values(bundle)
    const scripts = parts.flatMap((part) => (part.type === 'chunk' ? [part.code] : []))
    const styles = parts.flatMap((part) =>
      part.type === 'asset' && part.fileName.endsWith('.css') ? [part.source] : [],
    )
    if (scripts.length !== 1 || styles.length !== 1)
      this.error('the single file needs exactly one script and one stylesheet')
    const source = filePage(itemAt(scripts, 0).trim(), String(styles[0]).trim())
    this.emitFile({ type: 'asset', fileName: 'file.html', source })
  },
}

function filePage(script: string, style: string): string {
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style))
    throw new Error('the script or stylesheet contains its own end tag')
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = `default-src 'none'; img-src data:; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`
  const icon = readFileSync(new URL('icon.svg', import.meta.url)).toString('base64')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title></title>
<link rel="icon" href="data:image/svg+xml;base64,${icon}">
<style>${style}</style>
</head>
<body>
<noscript></noscript>
<div id="app"></div>
<script type="application/json" id="data"></script>
<script type="module">${script}</script>
</body>
</html>
`
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  plugins: [palette, singleFile],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
})
