/** Dawn, Chrome's WebGPU implementation, in Node. On Linux it uses Mesa's software driver. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { create, globals } from 'webgpu';
import { root } from '../root';

/** Path of the Vulkan ICD file of Mesa's llvmpipe, as Debian and Fedora name it. Null if it is not installed. */
export function llvmpipe(): string | null {
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  const folder = '/usr/share/vulkan/icd.d';
  return [`${folder}/lvp_icd.json`, `${folder}/lvp_icd.${machine}.json`].find((file) => existsSync(file)) ?? null;
}

/** Installs WebGPU's globals and `navigator.gpu` in this process, and returns `navigator.gpu`. */
export function installDawn(): GPU {
  const driver = llvmpipe();
  if (driver !== null) process.env.VK_ICD_FILENAMES ??= driver;
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node 20 has no `navigator`. Later versions have one without `gpu`.
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

const probe = `import { create } from 'webgpu';
const adapter = await create([]).requestAdapter();
console.log(adapter === null ? '' : adapter.info.description || adapter.info.vendor);`;

/**
 * Explains why the GPU tests cannot run in Node on this machine, or returns null if they can. The check runs in a
 * separate process, since a driver may crash. Mesa before 25 is not used, because the tolerances were measured with
 * Mesa 25.
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
