/** Dawn, Chrome's WebGPU implementation, inside Node; on Linux on Mesa's software driver. */
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { create, globals } from 'webgpu';

/** Vulkan's description file of Mesa's llvmpipe, as Debian and Fedora name it; null where it is not installed. */
export function llvmpipe(): string | null {
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  const folder = '/usr/share/vulkan/icd.d';
  return [`${folder}/lvp_icd.json`, `${folder}/lvp_icd.${machine}.json`].find((file) => existsSync(file)) ?? null;
}

/** Installs WebGPU's globals and `navigator.gpu` in this process, and returns the latter. */
export function installDawn(): GPU {
  const driver = llvmpipe();
  if (driver !== null) process.env.VK_ICD_FILENAMES ??= driver;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node 20 has no `navigator`, later ones one without `gpu`.
  if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}
