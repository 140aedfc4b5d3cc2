/** Parses JSON from outside with bounded nesting, so that whatever walks the value afterwards may recurse. Pure. */

const maxDepth = 100

/** Like `JSON.parse`, which itself needs no stack. Throws `SyntaxError` also where lists and objects are nested deeper than 100. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  let level: object[] = isObject(value) ? [value] : []
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw new SyntaxError(`JSON nested more than ${maxDepth} deep`)
    const inner: object[] = []
    for (const one of level) for (const item of Object.values(one)) if (isObject(item)) inner.push(item)
    level = inner
  }
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
