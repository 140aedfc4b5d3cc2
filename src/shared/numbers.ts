/** Sums and means of lists of numbers. */

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** A share in per cent, without the sign. */
export function percent(share: number, digits = 1): string {
  const text = (share * 100).toFixed(digits)
  // A sum of shares can be a rounding below nought.
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** 0 of an empty list. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}
