/** `npm run tpo`: runs the page in headless Chrome, prints the progress, and writes the results into a folder. */
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LabError } from '../../src/lib/errors';
import { isBundledModel } from '../../src/recipe/model-id';
import { recipeForModel } from '../../src/recipe/model-recipe';
import { demoPreset, PRESETS } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';
import type { RunSummary } from '../../src/records/runs';
import { type LabPage, openLabPage } from '../browser/lab-page';
import { buildIfStale } from '../build';
import { interruptible } from '../interruptible';
import { follow } from './follow';
import { givenModel, storeModel } from './given-model';
import { promptSet } from './given-prompts';
import { parseTpoOptions, recipeOf, type TpoOptions, usage } from './options';
import { drySampleText } from './progress-text';
import { writeResults } from './results';

async function begin(lab: LabPage, options: TpoOptions): Promise<RunSummary> {
  const found = await lab.ask((worker) => worker.device(), null);
  if (!found.ok) throw new Error(`${found.failure.message} ${found.failure.advice}`);
  const { name, kind, speed } = found.device;
  console.log(`Device: ${name}, ${Math.round(speed.flops / 1e9)} GFLOP/s`);
  const preset = options.preset ?? demoPreset(kind);
  const model = options.modelFile === null ? null : await storeModel(lab, options.modelFile);
  const base =
    model === null ? PRESETS[preset] : recipeForModel(PRESETS[preset], { ...model, bundled: false }, demoPreset(kind));
  const recipe = recipeOf(options, base, options.recipeFile && JSON.parse(readFileSync(options.recipeFile, 'utf8')), {
    ...(options.prompts !== null && { prompts: await promptSet(lab, options.prompts) }),
    ...(options.heldout !== null && { heldout: await promptSet(lab, options.heldout) }),
  });
  await giveKey(lab, options, recipe);
  // The bundled model reliably keeps to the format.
  if (options.modelFolder !== null || !isBundledModel(recipe.model)) {
    const sample = await interruptible(lab.ask((worker, chosen) => worker.drySample(chosen), recipe));
    console.log(drySampleText(sample, recipe));
  }
  return lab.ask((worker, chosen) => worker.start(chosen), recipe);
}

/** Passes the API key to the page, which keeps it in memory only. */
async function giveKey(lab: LabPage, { judgeKey }: TpoOptions, { remoteUrl }: Recipe): Promise<void> {
  if (judgeKey === null) return;
  if (remoteUrl === '')
    throw new Error('--judge-key-env needs an address to send the key to: --set remoteUrl=https://…');
  const given = { url: remoteUrl, key: judgeKey };
  await lab.ask((worker, { url, key }) => worker.setRemoteAccess(url, { key, headers: {} }, false), given);
}

async function goOn(lab: LabPage, options: TpoOptions): Promise<RunSummary> {
  const runs = await lab.ask((worker) => worker.runs(), null);
  const [latest] = runs.filter(({ status }) => status !== 'finished').sort((a, b) => b.updated - a.updated);
  if (latest !== undefined) {
    await giveKey(lab, options, latest.recipe);
    return lab.ask((worker, id) => worker.resume(id), latest.id);
  }
  const [finished] = [...runs].sort((a, b) => b.updated - a.updated);
  if (finished === undefined) throw new Error('There is nothing to resume: this folder holds no run.');
  console.log('The run is finished already; its results are written again.');
  return finished;
}

export async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  const options = parseTpoOptions(args);
  await buildIfStale();
  mkdirSync(options.out, { recursive: true });
  const lab = await openLabPage(join(options.out, '.profile'), {
    ...(options.modelFolder !== null && { [`/models/${basename(options.modelFolder)}/`]: options.modelFolder }),
    ...(options.modelFile !== null && givenModel(options.modelFile)),
  });
  try {
    const started = options.resume ? await goOn(lab, options) : await begin(lab, options);
    const run = await follow(lab, started);
    await writeResults(lab, run, options.out);
    console.log(`Written to ${options.out}`);
    if (run.status === 'failed') throw new Error(`${run.failure?.message} ${run.failure?.advice}`);
    if (run.status === 'finished') return 0;
    console.log(`The run has been stopped and is kept. Go on with: npm run tpo -- --out ${options.out} --resume`);
    return 130;
  } catch (error) {
    throw error instanceof LabError ? new Error(`${error.message} ${error.advice}`, { cause: error }) : error;
  } finally {
    await lab.close();
  }
}
