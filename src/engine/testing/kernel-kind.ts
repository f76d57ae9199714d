/**
 * The kind of kernels that tests of whole models use: for software on SwiftShader, and for hardware on llvmpipe. With
 * kernels for hardware SwiftShader takes ten times longer, because of their barriers; there they have their own tests,
 * of fewer shapes.
 */
export const KERNEL_KIND: 'software' | 'hardware' = 'window' in globalThis ? 'software' : 'hardware';
