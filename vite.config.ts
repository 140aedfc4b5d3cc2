/**
 * Builds the program into few files, `dist/cli/main.js` and its parts, with the packages that it uses: to find and read a thousand modules
 * one by one takes most of the time in which a command starts.
 */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Modules find workers, kernels and shipped files from where the compiler puts them, which is elsewhere than in a part. */
const ownPlace: Plugin = {
  name: 'own-place',
  transform(code, id) {
    const compiled = relative(at('src'), id).replaceAll('\\', '/').replace(/\.ts$/, '.js')
    if (compiled.startsWith('../') || !code.includes('import.meta.url')) return undefined
    return code.replaceAll('import.meta.url', `new URL('../../${compiled}', import.meta.url).href`)
  },
}

export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  plugins: [ownPlace],
  // Packages with binaries are not among these: `src/shared/native.ts` requires them when they are first used.
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'node20.19',
    outDir: at('dist/cli'),
    emptyOutDir: false,
    minify: false,
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
    rolldownOptions: {
      // What `main.ts` imports is an entry too: parts import one another, and one that imported `main.js` would run the command again.
      input: ['main', 'program', 'run-program', 'print/output'].map((name) => at(`src/cli/${name}.ts`)),
      output: {
        entryFileNames: ({ name }) => (name === 'main' ? 'main.js' : 'parts/[name].js'),
        chunkFileNames: 'parts/[name].js',
      },
    },
  },
})
