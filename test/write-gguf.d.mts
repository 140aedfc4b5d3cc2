/** Types of `write-gguf.mjs`, which scripts and tests share. */
export type Value =
  | number
  | boolean
  | string
  | { readonly float: number }
  | readonly (number | boolean | string | { readonly float: number })[]
export type Values = Readonly<Record<string, Value>>

export interface Tensor {
  readonly name: string
  /** The quickest index first. */
  readonly shape: readonly number[]
  readonly type: 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4K'
  /** Made when its turn comes, and as many. */
  bytes(length: number): Uint8Array
}

export function writeGguf(path: string, values: Values, tensors: readonly Tensor[]): Promise<void>
export function f32Bytes(numbers: readonly number[] | Float32Array): Buffer
export function bf16Bytes(numbers: readonly number[] | Float32Array): Buffer
