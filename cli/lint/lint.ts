/** `npm run lint`: Biome's rules, then the import zones. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../processes';
import { root } from '../root';
import { checkZones } from './zones';

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

export async function main(): Promise<number> {
  const biome = await run('biome', ['lint', '--error-on-warnings', '--max-diagnostics=100']);
  const violations = sources('src').flatMap((path) => checkZones(path, readFileSync(join(root, path), 'utf8')));
  for (const { file, line, message } of violations) console.error(`${file}:${line}  ${message}`);
  return biome === 0 && violations.length === 0 ? 0 : 1;
}
