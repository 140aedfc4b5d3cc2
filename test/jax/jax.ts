/** The one place that loads jax-js, on its WebAssembly backend: the kernels of the network are held against it. */
import './navigator.ts'
import { type Array as Tensor, defaultDevice, init } from '@jax-js/jax'

await init('wasm')
defaultDevice('wasm')

/** The numbers of a tensor of 32-bit floats, which is used up. */
export async function floatsOf(tensor: Tensor): Promise<Float32Array> {
  const data = await tensor.data()
  if (data instanceof Float32Array) return data
  throw new TypeError(`a tensor of ${tensor.dtype}`)
}

export type { Tensor }
export { jit, lax, nn, numpy, valueAndGrad } from '@jax-js/jax'
