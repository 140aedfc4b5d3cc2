/**
 * Numbers of typed arrays at indices that a loop keeps in range. One function for each kind of array: these stand in innermost loops, and
 * an access that meets arrays of several kinds is no longer compiled to a plain load.
 */

export function byteAt(bytes: Uint8Array | Uint8ClampedArray, index: number): number {
  return bytes[index]!
}

export function wholeAt(values: Int32Array, index: number): number {
  return values[index]!
}

export function floatAt(values: Float32Array, index: number): number {
  return values[index]!
}

export function doubleAt(values: Float64Array, index: number): number {
  return values[index]!
}
