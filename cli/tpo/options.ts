/** The command line of `npm run tpo`, and the recipe that it asks for. */
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { badRecipe, parseFields } from '../../src/recipe/check-recipe';
import { asksPerson } from '../../src/recipe/panel';
import { PRESET_NAMES, type PresetName } from '../../src/recipe/presets';
import { JUDGES, type Recipe } from '../../src/recipe/recipe';
import { withValues } from '../../src/recipe/url';

/** Nobody sits before a command. */
const JUDGES_WITHOUT_A_PERSON = JUDGES.filter((judge) => judge !== 'human');

export const usage = `npm run tpo -- --out DIR [options]

  --out DIR                    where adapter, pairs, report and picture are written
  --resume                     go on with the run that DIR holds
  --preset NAME                begin with ${PRESET_NAMES.join(', ')} (default: quick on a slow adapter, else standard)
  --recipe F.json              begin with these values; what F.json leaves out is the preset's
  --model M                    a bundled model, a GGUF file, or a folder with config.json, tokenizer.json and safetensors
  --prompts F                  training prompts: a file (jsonl, json, csv, tsv, parquet, txt), or the name of a bundled set
  --heldout F                  prompts of the evaluation, likewise
  --judge J                    ${JUDGES_WITHOUT_A_PERSON.join(', ')}; which model of it, and another evaluationJudge, by --set
  --judge-key-env NAME         the environment variable that holds the remote judge's key; it is not stored
  --iterations N  --prompts-per-iteration N  --k N  --seed N
  --set name=value             any value of the recipe, as often as needed; lists are joined by commas

A model that is not bundled first writes a dry sample of 8 prompts; --set sftPrompts=32 warms up one that loses the format.`;

export interface TpoOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly preset: PresetName | null;
  readonly recipeFile: string | null;
  /** A file, or the id of a set. */
  readonly prompts: string | null;
  readonly heldout: string | null;
  /** A folder, served to the page as one of its models. */
  readonly modelFolder: string | null;
  /** A GGUF file, copied into the page's storage as a user's would be. */
  readonly modelFile: string | null;
  /** Of the remote judge; read from the environment, so that it stands in no list of processes. */
  readonly judgeKey: string | null;
  /** What the other options say, in the recipe's words; a later one wins. */
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

/** @throws where an option is unknown or lacks its value */
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
  // A copied file's id is known when the page has hashed it.
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
 * @param base what the recipe is where nothing is said
 * @param fromFile what `--recipe` holds, as JSON has it
 * @param stored ids of the prompt sets and of the model where the options name files
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
