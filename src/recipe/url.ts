/**
 * A recipe as text: `preset=quick&k=4&arms=thinking`, the preset and what differs from it. The same values as on the command line
 * (`--set name=value`). Lists are joined by commas. Never a key, never started by itself.
 */
import { badRecipe, parseFields, parseRecipe, withoutFaultyAddress } from './check-recipe';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets';
import { type Recipe, RecipeSchema } from './recipe';

const FIELDS: readonly string[] = Object.keys(RecipeSchema.entries);

function isField(name: string): name is keyof Recipe {
  return FIELDS.includes(name);
}

function isPreset(name: string): name is PresetName {
  return PRESET_NAMES.some((preset) => preset === name);
}

function valueText(value: Recipe[keyof Recipe]): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

/** Text as the type that the field has; what is not of that type stays text, and the schema refuses it. */
function readValue(name: keyof Recipe, text: string): unknown {
  const example = PRESETS.standard[name];
  if (Array.isArray(example)) return text === '' ? [] : text.split(',');
  if (typeof example === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (typeof example === 'number') return /^-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
  return text;
}

function differences(recipe: Recipe, from: Recipe): [keyof Recipe, string][] {
  return FIELDS.filter(isField).flatMap((name): [keyof Recipe, string][] => {
    const text = valueText(recipe[name]);
    return text === valueText(from[name]) ? [] : [[name, text]];
  });
}

/** The shortest: what differs from the preset that it differs least from. */
export function recipeToQuery(whole: Recipe): string {
  const recipe = withoutFaultyAddress(whole);
  const [nearest] = PRESET_NAMES.map((name) => ({ name, changed: differences(recipe, PRESETS[name]) })).sort(
    (a, b) => a.changed.length - b.changed.length,
  );
  return new URLSearchParams([['preset', nearest?.name ?? 'standard'], ...(nearest?.changed ?? [])]).toString();
}

/** The recipe with some values changed, each given as text. @throws LabError bad-recipe, naming the value */
export function withValues(recipe: Recipe, values: Iterable<readonly [string, string]>): Recipe {
  return parseRecipe(changed(recipe, values));
}

function changed(recipe: Recipe, values: Iterable<readonly [string, string]>): Record<string, unknown> {
  const record: Record<string, unknown> = { ...recipe };
  for (const [name, text] of values) {
    if (!isField(name)) throw badRecipe(`A recipe has no ${JSON.stringify(name)}.`);
    record[name] = readValue(name, text);
  }
  return record;
}

/**
 * What its values say together may be faulty, as in a recipe that is still being written.
 * @param fallback what a query without a preset begins with
 * @throws LabError bad-recipe, naming the value
 */
export function recipeFromQuery(query: string, fallback: PresetName = 'standard'): Recipe {
  const values = [...new URLSearchParams(query)];
  const names = values.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw badRecipe(`The address gives ${JSON.stringify(twice)} twice.`);
  const preset = values.find(([name]) => name === 'preset')?.[1] ?? fallback;
  if (!isPreset(preset))
    throw badRecipe(`There is no preset ${JSON.stringify(preset)}; there are ${PRESET_NAMES.join(', ')}.`);
  return parseFields(
    changed(
      PRESETS[preset],
      values.filter(([name]) => name !== 'preset'),
    ),
  );
}
