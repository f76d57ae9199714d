/** Names an adapter for the closing lines of the tests, e.g. "google swiftshader: SwiftShader Device (Subzero)". */
export async function adapterName(gpu: GPU | undefined): Promise<string> {
  const adapter = await gpu?.requestAdapter();
  if (!adapter) throw new Error('There is no WebGPU adapter here: the GPU tests cannot run.');
  const { vendor, architecture, device, description } = adapter.info;
  const name = [vendor, architecture].filter(Boolean).join(' ');
  return [name, description || device].filter(Boolean).join(': ');
}
