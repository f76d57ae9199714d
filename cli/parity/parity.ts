/**
 * `npm run parity`: compares the page's engine with golden numbers, in headless Chrome. The page fetches the numbers
 * from a local route.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError } from '../../src/lib/errors';
import { openLabPage } from '../browser/lab-page';
import { buildIfStale } from '../build';
import { interruptible } from '../interruptible';
import { allOk, type ParityResult, parityTable } from './table';

const usage = `npm run parity -- DIR … [--model F] [--json F]

  DIR        laid out as e2e/golden/models/<name>: config.json, weights, forward.*, dpo.*, trajectory.json, adapters;
             or as e2e/golden/gguf: <name>.gguf, <name>.json, <name>.expected.safetensors, blocks.*;
             or, with --model: prompts.*, dpo.*, adapter
  --model F  the GGUF file of a DIR that has no weights
  --json F   also write the table as JSON

Exits with 1 where a tolerance is missed or a file is not understood.`;

const MODEL_ROUTE = '/golden/model/';

/** Paths of all files in a folder and its subfolders, relative to it, with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.split(sep).join('/'))
    .sort();
}

export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { model: { type: 'string' }, json: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length === 0 || (values.model !== undefined && positionals.length > 1)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const results = await compareFolders(positionals, values.model ?? null);
  console.log(parityTable(results));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  return allOk(results) ? 0 : 1;
}

/**
 * @param modelFile the GGUF file for a folder without weights.
 * @throws if a path does not exist, or the page crashes
 */
export async function compareFolders(paths: readonly string[], modelFile: string | null): Promise<ParityResult[]> {
  const folders = paths.map((given, i) => ({
    name: basename(resolve(given)),
    path: resolve(given),
    route: `/golden/${i}/`,
  }));
  for (const { path } of folders) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`There is no folder ${path}.`);
  }
  const given = modelFile === null ? null : resolve(modelFile);
  if (given !== null && !statSync(given, { throwIfNoEntry: false })?.isFile())
    throw new Error(`There is no file ${given}.`);
  const model =
    given === null ? null : { name: basename(given), url: `${MODEL_ROUTE}${encodeURIComponent(basename(given))}` };

  await buildIfStale();
  const routes = folders.map(({ path, route }) => [route, path]);
  if (given !== null) routes.push([MODEL_ROUTE, dirname(given)]);
  const lab = await openLabPage(null, Object.fromEntries(routes));
  const results: ParityResult[] = [];
  try {
    for (const { name, path, route } of folders) {
      console.error(`${name} …`);
      const folder = { name, url: route, files: filesBelow(path), model };
      try {
        const rows = await interruptible(
          lab.ask(
            (worker, { url, ...rest }) => worker.parity({ ...rest, url: new URL(url, document.baseURI).href }),
            folder,
          ),
        );
        results.push({ model: name, rows, refused: null });
      } catch (error) {
        // A folder that cannot be read becomes a row of the result. Any other error ends the command.
        if (!(error instanceof LabError)) throw error;
        results.push({ model: name, rows: [], refused: `${error.message} ${error.advice}`.trim() });
      }
    }
  } finally {
    await lab.close();
  }
  return results;
}
