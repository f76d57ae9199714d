/** `npm run lint`: Biome's rules, then the import zones and the length of lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../processes';
import { root } from '../root';
import { checkLines } from './lines';
import { checkZones } from './zones';

/** Paths of the files in a folder whose names match, without the golden numbers of the tests. */
function files(folder: string, name: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return path === 'e2e/golden' ? [] : files(path, name);
    return name.test(entry.name) ? [path] : [];
  });
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');

export async function main(): Promise<number> {
  const biome = await run('biome', ['lint', '--error-on-warnings', '--max-diagnostics=100']);
  const code = ['src', 'shaders', 'cli', 'e2e', 'bench'].flatMap((folder) => files(folder, /\.(tsx?|mjs|wgsl)$/));
  const violations = [
    ...files('src', /\.tsx?$/).flatMap((path) => checkZones(path, read(path))),
    ...code.flatMap((path) => checkLines(path, read(path))),
  ];
  for (const { file, line, message } of violations) console.error(`${file}:${line}  ${message}`);
  return biome === 0 && violations.length === 0 ? 0 : 1;
}
