/** Values of unknown JSON. Pure. */

/** A text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A finite number; true and false count as 1 and 0. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** A text or number as the id of something. */
export function idIn(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textIn(value)
}
