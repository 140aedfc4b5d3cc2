/**
 * Checks what a user gets: packs the tarball, installs it into an empty strict TypeScript project, and does there what README says.
 * Its sample is type-checked as both kinds of module resolution read it and run, every entry point is imported and required,
 * three commands are run, and README's links resolve. Prints a line a step, and exits 1 at the first that fails.
 *
 *     npm run build && node scripts/check-package.mjs
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const project = mkdtempSync(join(tmpdir(), 'mini-o3-package-'))
const installed = join(project, 'node_modules/mini-o3')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const write = (name, text) => writeFileSync(join(project, name), text)
const run = (file, ...words) =>
  execFileSync(file, words, {
    cwd: project,
    encoding: 'utf8',
    stdio: 'pipe',
    shell: file.endsWith('.cmd'),
    maxBuffer: 1 << 26,
  })
const node = (...words) => run(process.execPath, ...words)
const mini = (...words) => node('node_modules/mini-o3/bin/mini-o3.cjs', ...words)

const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.replace('.', manifest.name))

const compilerOptions = {
  strict: true,
  target: 'es2023',
  outDir: 'out',
  rootDir: '.',
  types: ['node'],
  skipLibCheck: false,
}
const files = ['sample.ts', 'entries.ts']
const resolutions = {
  nodenext: { ...compilerOptions, module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
}

/** What is asked about the scene that the commands make. */
let question = ''

const steps = {
  'pack and install': () => {
    run(npm, 'pack', root, '--ignore-scripts', '--silent')
    const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))
    write('package.json', JSON.stringify({ name: 'a-project', private: true, type: 'module' }))
    const { typescript, '@types/node': nodeTypes } = manifest.devDependencies
    const tools = [`typescript@${typescript}`, `@types/node@${nodeTypes}`]
    run(npm, 'install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${tarball}`, ...tools)
  },
  'types of the sample and of every entry point': () => {
    write('sample.ts', /```ts\n([^]*?)```/.exec(readme)[1])
    write('entries.ts', entries.map((entry, n) => `export * as entry${n} from '${entry}'`).join('\n'))
    for (const [name, options] of Object.entries(resolutions)) {
      write(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions: options, files }))
      node('node_modules/typescript/bin/tsc', '-p', `tsconfig.${name}.json`)
    }
  },
  'import and require': () => {
    node('out/entries.js')
    write(
      'all.cjs',
      entries.map((entry) => `if (!Object.keys(require('${entry}')).length) throw '${entry}'`).join('\n'),
    )
    node('all.cjs')
  },
  'three commands': () => {
    if (!/VisualProbe|visual-probe/.test(mini('eval', '--list'))) throw new Error('eval --list names no benchmark')
    mini('probe', 'build', '--out', 'data/probe', '--test', '1', '--seed', '1', '--level', 'easy')
    const [{ images, problem }] = JSON.parse(readFileSync(join(project, 'data/probe/test.json'), 'utf8'))
    const picture = join(project, 'data/probe', images[0])
    question = problem.replace('<image>\n', '')
    copyFileSync(picture, join(project, 'scene.jpg'))
    const asked = JSON.parse(mini('ask', picture, problem.replace('<image>\n', ''), '--max-turns', '4', '--json'))
    if (!(asked.turns > 0) || !existsSync(asked.page)) throw new Error('ask took no turn, or left no page')
  },
  'the sample': () => {
    const sample = readFileSync(join(project, 'out/sample.js'), 'utf8')
    write('out/sample.js', sample.replace('Which digit is on the red star?', question))
    if (!/^\d$/m.test(node('out/sample.js'))) throw new Error('the sample printed no answer')
  },
  'links of README': () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link)
    const broken = links.filter((link) => !existsSync(join(installed, link)))
    if (broken.length > 0) throw new Error(`not in the package: ${broken.join(', ')}`)
  },
}

try {
  for (const [name, step] of Object.entries(steps)) {
    const startedMs = performance.now()
    step()
    console.log(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  }
} catch (error) {
  console.error(error.message, error.stdout ?? '', error.stderr ?? '')
  process.exitCode = 1
} finally {
  rmSync(project, { recursive: true, force: true })
}
