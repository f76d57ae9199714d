/** The command line of `npm run tpo`, and the recipe that results from it. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withValues } from '../../src/recipe/encoding';
import { badRecipe, parseFields } from '../../src/recipe/faults';
import { asksPerson } from '../../src/recipe/judges/asked';
import { JUDGES, KINDS } from '../../src/recipe/judges/kinds';
import { PRESET_NAMES, type PresetName } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';

/** A command has no user who could judge. */
const JUDGES_WITHOUT_A_PERSON = JUDGES.filter((judge) => KINDS[judge].pace !== 'patient');

export const usage = `npm run tpo -- --out DIR [options]

  --out DIR             folder for the adapters, the pairs, the report and a screenshot
  --resume              continue the run in DIR
  --preset NAME         start from ${PRESET_NAMES.join(', ')}
                        (default: quick on a slow adapter, else standard)
  --recipe F.json       recipe values that override the preset
  --model M             a bundled model, a GGUF file, or a folder with config.json, tokenizer.json and safetensors
  --prompts F           training prompts: a file (jsonl, json, csv, tsv, parquet, txt), or a bundled set's name
  --heldout F           evaluation prompts, in the same way
  --judge J             ${JUDGES_WITHOUT_A_PERSON.join(', ')}
                        (use --set for the judge's model, and for another evaluationJudge)
  --judge-key-env NAME  environment variable with the remote judge's API key, which is not stored
  --iterations N  --prompts-per-iteration N  --k N  --seed N
  --set name=value      any value of the recipe; repeat it as needed, and separate list items with commas

A model that is not bundled first writes a dry sample of 8 prompts. If it does not keep to the thought format,
--set sftPrompts=32 adds a warm-up.`;

export interface TpoOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly preset: PresetName | null;
  readonly recipeFile: string | null;
  /** A file, or the id of a prompt set. */
  readonly prompts: string | null;
  readonly heldout: string | null;
  /** A model folder, which is served to the page. */
  readonly modelFolder: string | null;
  /** A GGUF file, which is copied into the page's storage. */
  readonly modelFile: string | null;
  /** API key of the remote judge. It comes from the environment, so that it appears in no process list. */
  readonly judgeKey: string | null;
  /** Recipe values from the other options, by field name. A later value overrides an earlier one. */
  readonly values: readonly (readonly [string, string])[];
}

const text = { type: 'string' } as const;

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();

function presetNamed(name: string): PresetName {
  const found = PRESET_NAMES.find((preset) => preset === name);
  if (found === undefined) throw new Error(`There is no preset "${name}"; there are ${PRESET_NAMES.join(', ')}.`);
  return found;
}

function assignment(given: string): [string, string] {
  const at = given.indexOf('=');
  if (at < 1) throw new Error(`--set takes name=value; it got "${given}".`);
  return [given.slice(0, at), given.slice(at + 1)];
}

function keyFrom(name: string): string {
  const key = process.env[name]?.trim() ?? '';
  if (key === '')
    throw new Error(`--judge-key-env names ${name}, and there is no such environment variable, or it is empty.`);
  return key;
}

/** @throws if an option is unknown or lacks its value */
export function parseTpoOptions(args: string[]): TpoOptions {
  const { values: given } = parseArgs({
    args,
    options: {
      out: text,
      resume: { type: 'boolean', default: false },
      preset: text,
      recipe: text,
      model: text,
      prompts: text,
      heldout: text,
      judge: text,
      'judge-key-env': text,
      iterations: text,
      'prompts-per-iteration': text,
      k: text,
      seed: text,
      set: { ...text, multiple: true },
    },
  });
  if (given.out === undefined) throw new Error(`Where to? --out DIR is missing.\n\n${usage}`);

  const modelFolder = given.model !== undefined && isFolder(given.model) ? resolve(given.model) : null;
  const modelFile = given.model?.toLowerCase().endsWith('.gguf') ? resolve(given.model) : null;
  if (modelFile !== null && !existsSync(modelFile)) throw new Error(`There is no file ${modelFile}.`);
  // The id of a copied file is known only after the page has hashed it.
  const model = modelFile !== null ? undefined : modelFolder === null ? given.model : basename(modelFolder);
  const spelled = [
    ['model', model],
    ['judge', given.judge],
    ['iterations', given.iterations],
    ['promptsPerIteration', given['prompts-per-iteration']],
    ['k', given.k],
    ['seed', given.seed],
  ] as const;
  return {
    out: resolve(given.out),
    resume: given.resume,
    preset: given.preset === undefined ? null : presetNamed(given.preset),
    recipeFile: given.recipe ?? null,
    prompts: given.prompts ?? null,
    heldout: given.heldout ?? null,
    modelFolder,
    modelFile,
    judgeKey: given['judge-key-env'] === undefined ? null : keyFrom(given['judge-key-env']),
    values: [
      ...spelled.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const])),
      ...(given.set ?? []).map(assignment),
    ],
  };
}

/**
 * @param base default values of the recipe
 * @param fromFile parsed JSON of the `--recipe` file
 * @param stored ids of the prompt sets and the model if the options name files
 * @throws LabError bad-recipe, naming the value
 */
export function recipeOf(
  options: TpoOptions,
  base: Recipe,
  fromFile: unknown,
  stored: { prompts?: string; heldout?: string; model?: string },
): Recipe {
  const whole = typeof fromFile === 'object' && fromFile !== null ? { ...base, ...fromFile } : (fromFile ?? base);
  const recipe = withValues({ ...parseFields(whole), ...stored }, options.values);
  if (asksPerson(recipe))
    throw badRecipe('A person votes in the page, and this command shows none: choose another judge.');
  return recipe;
}
