/** The kernels of the embedded network: what JavaScript may call. Pointers are byte offsets into the module's memory. */
export { gemm, gemmTransposed, pack, packTransposed } from './gemm'

/** From here on the memory belongs to the caller. */
export function heapBase(): usize {
  return __heap_base
}
