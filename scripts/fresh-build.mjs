/**
 * Tells whether `dist/` was built from the sources beside it: the build leaves a hash of them there. Workers and commands run from
 * `dist/`, so tests with a stale one would test old code.
 *
 *     node scripts/fresh-build.mjs          builds if `dist/` is missing or stale
 *     node scripts/fresh-build.mjs stamp    leaves the hash: the last step of `npm run build`
 */
import { execSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** What the build reads, besides the packages that the lock file names. */
const folders = ['src', 'assembly', 'web']
const files = ['asconfig.json', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts', 'package-lock.json']

/** One hash over every source: their paths and their contents, with the line ends of any system. */
export function sourcesHash(folder = root) {
  const hash = createHash('sha256')
  const sources = folders
    .flatMap((name) => readdirSync(join(folder, name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  for (const path of [...sources.toSorted(), ...files.map((name) => join(folder, name))]) {
    hash.update(path.slice(folder.length).replaceAll('\\', '/'))
    hash.update(readFileSync(path, 'latin1').replaceAll('\r\n', '\n'))
  }
  return hash.digest('hex')
}

/** Whether `dist/` holds a whole build of these sources. */
export function isFresh(folder = root) {
  const stamp = join(folder, 'dist/sources.sha256')
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesHash(folder)
}

/** For vitest: ends a run before its first test where `dist/` is stale. */
export function setup() {
  if (!isFresh()) throw new Error('dist/ is missing or older than the sources: run `npm run build` first')
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'stamp') writeFileSync(join(root, 'dist/sources.sha256'), sourcesHash())
  else if (!isFresh()) {
    // Without the development tools, `npm ci --omit=dev` for one, nothing can be built, and the program says so when it starts.
    if (existsSync(join(root, 'node_modules/typescript')))
      execSync('npm run --silent build', { cwd: root, stdio: 'inherit' })
    else console.error('dist/ is not built: the development tools are not installed (npm ci).')
  }
}
