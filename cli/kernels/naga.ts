/**
 * Checks kernels with naga, the WGSL compiler of Firefox, and translates them to the languages of Metal, Direct3D and
 * Vulkan.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** naga's version, or null if it is not installed. */
export function nagaVersion(): string | null {
  const { status, stdout } = spawnSync('naga', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

export const MISSING_NAGA = 'naga is not installed (cargo install naga-cli)';

/**
 * Validates modules and translates them to MSL, HLSL (shader model 6.2, the first with f16) and SPIR-V.
 * @returns naga's message for each module, or null if it accepts the module
 */
export async function translate(modules: readonly string[]): Promise<(string | null)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'thinking-lab-naga-'));
  const messages: (string | null)[] = modules.map(() => null);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < modules.length; i = next++) {
      const file = (extension: string) => join(folder, `${i}.${extension}`);
      // naga knows subgroups, but not yet the directive that enables them.
      writeFileSync(file('wgsl'), (modules[i] ?? '').replace(/^enable subgroups;$/m, ''));
      messages[i] = await naga([...['wgsl', 'metal', 'hlsl', 'spv'].map(file), '--shader-model', '62']);
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return messages;
}

function naga(args: readonly string[]): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('naga', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let message = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        message += text;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? null : message.trim()));
  });
}
