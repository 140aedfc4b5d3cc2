/** Packages whose binary npm installs as an optional dependency: loaded on first use, so that everything without pictures works without them. */
import { createRequire } from 'node:module'
import type * as ResvgPackage from '@resvg/resvg-js'
import type sharpPackage from 'sharp'
import type { Sharp, SharpInput, SharpOptions } from 'sharp'
import { UserError } from './errors.ts'

const require = createRequire(import.meta.url)
let loadedSharp: typeof sharpPackage | undefined
let loadedResvg: typeof ResvgPackage | undefined

export function sharp(input?: SharpInput | SharpInput[], options?: SharpOptions): Sharp {
  if (loadedSharp === undefined) {
    loadedSharp = load<typeof sharpPackage>('sharp', 'opens and writes pictures')
    // We cache decoded pictures ourselves; libvips's operation cache would hold them twice.
    loadedSharp.cache(false)
  }
  return loadedSharp(input, options)
}

export function resvg(): typeof ResvgPackage {
  loadedResvg ??= load<typeof ResvgPackage>('@resvg/resvg-js', 'draws SVG')
  return loadedResvg
}

function load<T>(name: string, purpose: string): T {
  try {
    const loaded: T = require(name)
    return loaded
  } catch (cause) {
    throw new UserError(
      'package-missing',
      `The binary of ${name}, which ${purpose}, is not installed for ${process.platform}-${process.arch}. ` +
        `Install it with: npm install --include=optional ${name}`,
      { cause },
    )
  }
}
