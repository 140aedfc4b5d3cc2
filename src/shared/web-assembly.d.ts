/** WebAssembly as Node has it: the compiler's own library declares it for browsers alone. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  const Module: new (bytes: Uint8Array) => object
  class Instance {
    constructor(module: object)
    readonly exports: Record<string, unknown>
  }
  function validate(bytes: Uint8Array): boolean
  function instantiate(bytes: Uint8Array, imports?: object): Promise<{ readonly instance: Instance }>
}
