#!/usr/bin/env node
/**
 * Checks the rules of the house that no compiler knows: imports run downwards between layers and never in a circle, files
 * are short and open with a sentence, no two layers export one name, names of policies and judges are read in one place, run folders have one owner, no tracked file names one machine's paths or a
 * package registry, and no dependency runs an install script. Prints one line a finding, as `file:line: what is wrong`, and
 * exits 1 if there is any.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allowedImports, webTypes } from './structure-rules.mjs'

/** The layers of `src/` and `web/`, top to bottom: a file may import from its own layer and from those that are listed for it. */
const layers = Object.keys(allowedImports)

/** Where one layer uses another through a single file, so that what lies behind it can be exchanged. */
const doors = [{ from: 'train', into: 'engine', through: 'src/engine/engine.ts' }]

/** Where scripts outside of this package look for what has moved: they hold nothing but `export ... from`. */
export const forwards = ['src/shared/run-folder.ts']

export const maxLines = 400

/**
 * @typedef {{ path: string, text: string }} SourceFile Path relative to the root, with forward slashes.
 * @typedef {{ path: string, line: number, message: string }} Finding
 */

const isCode = (path) => /^(src|assembly|web|bench|scripts)\/.*\.(ts|tsx|mjs)$/.test(path)
/** Code, its tests and what serves them alone, and the pages. */
const isShort = (path) => /^(src|assembly|bench|scripts|test|web)\/.*\.(ts|tsx|mjs|css)$/.test(path)
const isTest = (path) => /\.test\.(ts|mjs)$/.test(path)
const isForward = ({ path, text }) => forwards.includes(path) && /^\/\*\*.*\*\/\n(?:export .* from .*\n)+$/.test(text)
const layerOf = (path) => (path.startsWith('web/') ? 'web' : path.split('/')[1])
const lineAt = (text, offset) => text.slice(0, offset).split('\n').length

/** Relative imports of a file, types included: `import`, `export from`, `import()` and `new URL` of code. */
export function importsOf({ path, text }) {
  const patterns = [
    /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(\.[^'"]+)\1/gm,
    /^[ \t]*import\s*(['"])(\.[^'"]+)\1/gm,
    /\bimport\(\s*(['"])(\.[^'"]+)\1/g,
    /\bnew URL\(\s*(['"])(\.[^'"]+\.(?:ts|mjs|js))\1\s*,\s*import\.meta\.url/g,
  ]
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      target: posix.normalize(posix.join(posix.dirname(path), match[2])),
      line: lineAt(text, match.index + match[0].length),
      typeOnly: /^\s*(?:import|export)\s+type\b/.test(match[0]),
    })),
  )
}

/** Tests may reach up: the teacher's test runs the search loop, which stands above the teacher. */
export function checkLayers(files) {
  return files
    .filter(({ path }) => /^(?:src|web)\//.test(path) && isCode(path))
    .flatMap((file) => {
      const layer = layerOf(file.path)
      if (!layers.includes(layer))
        return [{ path: file.path, line: 1, message: `'${layer}' is not a layer: ${layers.join(' > ')}` }]
      if (isTest(file.path) || isForward(file)) return []
      return importsOf(file).flatMap((imported) => {
        const message = isBuilt(layer, imported.target)
          ? wrongImport(layer, imported)
          : 'which is outside src/ and is not built'
        return message === undefined
          ? []
          : [{ path: file.path, line: imported.line, message: `imports ${imported.target}: ${message}` }]
      })
    })
}

const isBuilt = (layer, target) => target.startsWith('src/') || (layer === 'web' && target.startsWith('web/'))

function wrongImport(layer, { target, typeOnly }) {
  const other = layerOf(target)
  const door = doors.find(({ from, into }) => from === layer && into === other)
  if (door !== undefined && target !== door.through) return `'${layer}' uses '${other}' through ${door.through} alone`
  if (other === layer || allowedImports[layer].split(' ').includes(other)) return undefined
  if (layer === 'web' && typeOnly && webTypes.includes(other)) return undefined
  if (layers.indexOf(other) < layers.indexOf(layer))
    return `'${other}' stands above '${layer}', and imports run downwards only`
  return `'${layer}' does not import from '${other}' so far; scripts/structure-rules.mjs lists what a layer may import`
}

/** One finding for each export whose name another layer exports too. */
export function checkNames(files) {
  const exported = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm
  const first = new Map()
  const findings = []
  for (const { path, text } of files) {
    if (!/^(?:src|web)\//.test(path) || !isCode(path) || isTest(path)) continue
    for (const match of text.matchAll(exported)) {
      const before = first.get(match[1]) ?? path
      first.set(match[1], before)
      if (layerOf(before) === layerOf(path)) continue
      findings.push({
        path,
        line: lineAt(text, match.index),
        message: `exports ${match[1]}, as ${before} does: rename one`,
      })
    }
  }
  return findings
}

/** One finding for each circle of files, named at the import that closes it. */
export function checkCircles(files) {
  const imports = new Map(files.filter(({ path }) => isCode(path)).map((file) => [file.path, importsOf(file)]))
  const findings = []
  const done = new Set()
  const walk = (path, trail) => {
    for (const { target, line } of imports.get(path) ?? []) {
      const start = trail.indexOf(target)
      if (start >= 0) {
        const circle = [...trail.slice(start), target].join(' -> ')
        findings.push({ path, line, message: `closes a circle of imports: ${circle}` })
      } else if (!done.has(target)) walk(target, [...trail, target])
    }
    done.add(path)
  }
  for (const path of imports.keys()) if (!done.has(path)) walk(path, [path])
  return findings
}

export function checkShape(files) {
  return (
    files
      // What a generator wrote has its own head.
      .filter(({ path }) => isShort(path) && !path.endsWith('_pb.ts'))
      .flatMap(({ path, text }) => {
        const findings = []
        const lines = text.trimEnd().split('\n').length
        if (lines > maxLines)
          findings.push({ path, line: maxLines + 1, message: `${lines} lines: split it (limit ${maxLines})` })
        const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0
        if (isCode(path) && !isTest(path) && !text.startsWith('/**', start)) {
          findings.push({ path, line: 1, message: 'does not open with a /** sentence */ on what it promises' })
        }
        return findings
      })
  )
}

const slips = [
  { pattern: /(?:^|[^\w./])\/(?:work|farm|root|tmp|home|Users)\/[\w.-]+/g, message: 'names a path of one machine' },
  { pattern: /https?:\/\/registry\.|\bregistry\.npmjs\b/g, message: 'names a package registry' },
]

export function checkSlips(files) {
  return files.flatMap(({ path, text }) =>
    slips.flatMap(({ pattern, message }) =>
      [...text.matchAll(pattern)].map((match) => ({
        path,
        line: lineAt(text, match.index + 1),
        message: `${message}: ${match[0].trim().slice(0, 60)}`,
      })),
    ),
  )
}

/** What a run folder holds that is read again: only `src/runs/` names it, and only there a log is defined. */
const runFiles =
  /['"`](?:[^'"`\n]*\/)?(?:(?:trajectories|pending|metrics|rollouts|skipped|checkpoints|judgements|stages|notes)\.jsonl|config\.json|problems\.json|prices\.json|engine\.json|searches\.html|lock)['"`]|\bpolicy\.safetensors['"`]|\bcheckpoint-\$|: (?:Log|RunFile)<.*> = \{/g

const parsedPolicy =
  /\bpolicy(?:Name)?\s*[!=]==\s*['"`]|\bpolicy(?:Name)?\??\.(?:startsWith|slice|split)\(|\bstartsWith\(['"`](?:chat|embedded|tinker):(?!\/)/g

const parsedJudge = /\bjudge(?:Name)?\s*[!=]==\s*['"`]|['"`^/]llm:['"`(]/g

/** What one place of `src/` alone may write or read: all others ask it. */
const owned = [
  { owner: 'src/policy/registry/', pattern: parsedPolicy, message: 'reads the name of a policy', ask: 'policyNamed' },
  { owner: 'src/judge/', pattern: parsedJudge, message: 'reads the name of a judge', ask: 'judgeNamed' },
  // Many tasks wait for one signal: there they are one listener, and Node warns of no leak.
  {
    owner: 'src/shared/deadline.ts',
    pattern: /\.addEventListener\(['"]abort['"]/g,
    message: 'listens for an abort',
    ask: 'onAbort',
  },
  {
    owner: 'src/cli/run-program.ts',
    pattern: /\bprocess\.exitCode\b/g,
    message: 'sets the exit status',
    ask: 'runProgram, by throwing an error,',
  },
  {
    owner: 'src/runs/',
    pattern: runFiles,
    message: 'names a file of a run folder',
    ask: 'its definition',
    // A model's folder has a config.json as well.
    except: 'src/model/renderer/',
  },
]

export function checkOwned(files) {
  return files
    .filter(({ path }) => /^(?:src|web)\/.*\.tsx?$/.test(path) && !isTest(path))
    .flatMap(({ path, text }) =>
      owned
        .filter(({ owner, except = owner }) => !path.startsWith(owner) && !path.startsWith(except))
        .flatMap(({ owner, pattern, message, ask }) =>
          [...text.matchAll(pattern)].map((match) => ({
            path,
            line: lineAt(text, match.index),
            message: `${message} (${match[0]}): ask ${ask} of ${owner}`,
          })),
        ),
    )
}

export function checkLock({ path, text }) {
  const findings = []
  for (const [index, line] of text.split('\n').entries()) {
    if (/"hasInstallScript": true/.test(line)) {
      const before = text
        .split('\n')
        .slice(0, index)
        .findLast((earlier) => /^ {4}"/.test(earlier))
      findings.push({
        path,
        line: index + 1,
        message: `${before?.trim().split('"')[1]} runs an install script: choose another`,
      })
    }
    if (/^\s*"resolved":/.test(line)) {
      findings.push({
        path,
        line: index + 1,
        message: 'a resolved URL: run npm install with the .npmrc of this repository',
      })
    }
  }
  return findings
}

/** Everything that is wrong in a checkout; files that git ignores do not count. */
export function checkStructure(root) {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  const files = listed
    .split('\0')
    .filter(Boolean)
    .flatMap((path) => readText(root, path))
  const lock = files.find(({ path }) => path === 'package-lock.json')
  return [
    ...checkLayers(files),
    ...checkCircles(files),
    ...checkNames(files),
    ...checkShape(files),
    ...checkSlips(files),
    ...checkOwned(files),
    ...(lock ? checkLock(lock) : [{ path: 'package-lock.json', line: 1, message: 'is missing: run npm install' }]),
  ]
}

/** Nothing for a binary file, and for a file that is listed and already deleted. */
function readText(root, path) {
  let bytes
  try {
    bytes = readFileSync(join(root, path))
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
  return bytes.subarray(0, 8000).includes(0) ? [] : [{ path, text: bytes.toString('utf8') }]
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const findings = checkStructure(dirname(dirname(fileURLToPath(import.meta.url))))
  for (const { path, line, message } of findings) console.error(`${path}:${line}: ${message}`)
  console.log(findings.length === 0 ? 'Structure: nothing to mend.' : `Structure: ${findings.length} to mend.`)
  process.exitCode = findings.length === 0 ? 0 : 1
}
