/** The kernels of the embedded network: what JavaScript may call. Pointers are byte offsets into the module's memory. */
export { adam, squareSum } from './adam'
export { attend, keepKeys } from './attention'
export { gemm, gemmTransposed, pack, packTransposed } from './gemm'
export {
  add,
  addColumns,
  addKernel,
  attentionBack,
  foldColumns,
  logprobBack,
  normaliseBack,
  picturesBack,
  probabilities,
  rectifyBack,
  rotateBack,
  scatterAdd,
  square,
  squareBack,
  takeKernel,
} from './backward'
export { addBias, gatherRows, likelihoods, normalise, pictureRows, rotate, squareRectify } from './rows'
export { cutBlocks, cutPatches, padView } from './stem'

/** From here on the memory belongs to the caller. */
export function heapBase(): usize {
  return __heap_base
}
