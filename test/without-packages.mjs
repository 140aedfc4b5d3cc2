/**
 * Preloaded with --import, makes the packages missing that the environment variable WITHOUT lists, separated by commas: as after
 * `npm install --omit=optional`. A name stands for all that begin with it.
 */
import Module, { register } from 'node:module'

const missing = (process.env['WITHOUT'] ?? '').split(',').filter(Boolean)
const isMissing = (/** @type {string} */ name) => missing.some((one) => name.startsWith(one))
/** @type {any} */
const loader = Module
const resolve = loader._resolveFilename
loader._resolveFilename = (/** @type {string} */ name, /** @type {unknown[]} */ ...rest) => {
  if (isMissing(name)) throw new Error(`Cannot find module '${name}'`)
  return resolve(name, ...rest)
}
const hooks = `const missing = ${JSON.stringify(missing)}
export async function resolve(name, context, next) {
  if (missing.some((one) => name.startsWith(one))) throw new Error("Cannot find package '" + name + "'")
  return next(name, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
