/**
 * The kinds of kernels that tests of whole models use. With kernels for hardware SwiftShader takes ten times longer,
 * because of their barriers. There the kernels have their own tests, and whole models use them on llvmpipe.
 */
export const KERNEL_KINDS: readonly ('software' | 'hardware')[] =
  'window' in globalThis ? ['software'] : ['software', 'hardware'];
