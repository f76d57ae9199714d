/** `npm run build`: the static site in `dist/`. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes';
import { root } from './root';

export const dist = join(root, 'dist');

const sources = ['src', 'shaders', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/** The latest change below a path, in milliseconds; 0 where there is nothing. */
function changed(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

export async function main(): Promise<number> {
  return run('vite', ['build', '--logLevel', 'warn']);
}

/** @throws where the build fails; its output has said why */
export async function buildWhereStale(): Promise<void> {
  const built = changed(join(dist, 'index.html'));
  if (built > Math.max(...sources.map((path) => changed(join(root, path))))) return;
  console.log('Building the page …');
  if ((await main()) !== 0) throw new Error('The page could not be built.');
}
