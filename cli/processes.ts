/** Runs programs of node_modules as child processes of this Node, without a shell, the same on every system. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root';

const programs = {
  biome: '@biomejs/biome/bin/biome',
  playwright: '@playwright/test/cli.js',
  tsc: 'typescript/bin/tsc',
  vite: 'vite/bin/vite.js',
  vitest: 'vitest/vitest.mjs',
};

/**
 * Resolves to the exit code.
 * @param output a file descriptor for the program's output. By default it goes to this process's output
 */
export function run(
  program: keyof typeof programs,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  output: number | 'inherit' = 'inherit',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', programs[program]), ...args], {
      cwd: root,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
