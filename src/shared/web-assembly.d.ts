/** WebAssembly as Node has it: the compiler's own library declares it for browsers alone. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  interface Instance {
    readonly exports: Record<string, unknown>
  }
  function validate(bytes: Uint8Array): boolean
  function instantiate(bytes: Uint8Array, imports?: object): Promise<{ readonly instance: Instance }>
}
