/** Dawn, Chrome's WebGPU implementation, inside Node; on Linux on Mesa's software driver. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { create, globals } from 'webgpu';
import { root } from '../root';

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
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

const probe = `import { create } from 'webgpu';
const adapter = await create([]).requestAdapter();
console.log(adapter === null ? '' : adapter.info.description || adapter.info.vendor);`;

/**
 * Why the GPU tests cannot run in Node here, or null where they can. Asked in a process of its own: a driver may crash.
 * Mesa before 25 is not used: the tolerances were measured from there on.
 */
export function missingDawn(): string | null {
  const driver = llvmpipe();
  const env = { ...process.env, ...(driver === null ? {} : { VK_ICD_FILENAMES: driver }) };
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', probe], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  const name = stdout.trim();
  if (name === '') return 'Dawn found no adapter in Node (on Linux it needs Mesa 25, mesa-vulkan-drivers)';
  const mesa = /\bMesa (\d+)/.exec(name)?.[1];
  return mesa !== undefined && Number(mesa) < 25 ? `Dawn needs Mesa 25 or newer, and found ${name}` : null;
}
