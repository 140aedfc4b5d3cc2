/** Sums and means of lists of numbers. */

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Of items with this property; unlike `filter`, without a list of them, which takes megabytes for a million. */
export function howMany<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.reduce((count, item) => (test(item) ? count + 1 : count), 0)
}

/** A share as a percentage, without the percent sign. */
export function percent(share: number, digits = 1): string {
  const text = (share * 100).toFixed(digits)
  // A sum of shares can be slightly below zero by rounding.
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** A difference of shares in points, with its sign. */
export function signedPercent(share: number): string {
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`
}

/** 0 for an empty list. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}

/** For example `1 problem`, `2,000 problems`. */
export function counted(count: number, one: string, several: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`
}
