/** File sizes as text, in powers of ten, as the Hugging Face Hub states them. Pure. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** For example `532 bytes`, `1.1 MB`, `3.34 GB`. */
export function bytesText(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** power
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 || power < 3 ? 1 : 2
  return `${value.toFixed(digits)} ${units[power]}`
}
