/** `npm run build`: the static site in `dist/`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes';
import { root } from './root';

export const dist = join(root, 'dist');

const sources = ['src', 'shaders', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/** Time of the latest change below a path, in milliseconds. 0 if the path does not exist. */
function changed(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

/** Size of all files below a folder, in bytes. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Builds the page and says so. Vite prints only warnings and errors. Resolves to the exit code. */
async function buildPage(): Promise<number> {
  console.log('Building the page (needed once, and after each change) …');
  const start = performance.now();
  const exitCode = await run('vite', ['build', '--logLevel', 'warn']);
  const seconds = Math.round((performance.now() - start) / 1000);
  if (exitCode === 0) console.log(`Built in ${seconds} s.`);
  return exitCode;
}

export async function main(): Promise<number> {
  const exitCode = await buildPage();
  if (exitCode !== 0) return exitCode;
  console.log(`
dist/ holds the whole site, ${Math.round(sizeOf(dist) / 1e6)} MB with source maps, models and prompts.
Copy it to any static web host, under any path. It needs HTTPS (or localhost) and no special headers.`);
  return 0;
}

/** @throws if the build fails; its output has named the reason */
export async function buildIfStale(): Promise<void> {
  const built = changed(join(dist, 'index.html'));
  if (built > Math.max(...sources.map((path) => changed(join(root, path))))) return;
  if ((await buildPage()) !== 0) throw new Error('The page could not be built.');
}
