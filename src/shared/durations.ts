/** Durations and rates as text. Pure. */

/** `42 s`, `3 min 20 s`, `2 h 05 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `3930/s`, `2.50/s`, `12.0/min`, `3.10/h`. */
export function rateText(perSecond: number): string {
  // From 1000 on three digits would be written with an exponent.
  if (perSecond >= 999.5) return `${Math.round(perSecond)}/s`
  if (perSecond >= 1 || perSecond === 0) return `${perSecond.toPrecision(3)}/s`
  return perSecond * 60 >= 1 ? `${(perSecond * 60).toPrecision(3)}/min` : `${(perSecond * 3600).toPrecision(3)}/h`
}
