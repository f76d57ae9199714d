/**
 * A recipe as text, and its hash. In a URL it is `preset=quick&k=4&arms=thinking`: the preset and the fields that
 * differ from it. The command line gives values in the same form (`--set name=value`). Items of a list are joined by
 * commas. A URL never holds a key, and never starts a run.
 */
import { sha256 } from '../lib/sha256';
import { badRecipe, parseFields, parseRecipe, withoutFaultyAddress } from './faults';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets';
import { FIELD_NAMES, FIELDS, isFieldName, type Recipe } from './recipe';

const presetNamed = (name: string): PresetName | undefined => PRESET_NAMES.find((preset) => preset === name);

function valueText(value: Recipe[keyof Recipe]): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}

function differences(recipe: Recipe, from: Recipe): [keyof Recipe, string][] {
  return FIELD_NAMES.flatMap((name): [keyof Recipe, string][] => {
    const text = valueText(recipe[name]);
    return text === valueText(from[name]) ? [] : [[name, text]];
  });
}

/** The shortest query: from the preset that needs the fewest changes. */
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
    if (!isFieldName(name)) throw badRecipe(`A recipe has no ${JSON.stringify(name)}.`);
    record[name] = FIELDS[name].read(text);
  }
  return record;
}

/**
 * Reads a query. The recipe as a whole may be faulty, as one that is still being edited.
 * @param fallback preset where the query names none
 * @throws LabError bad-recipe, naming the value
 */
export function recipeFromQuery(query: string, fallback: PresetName = 'standard'): Recipe {
  const values = [...new URLSearchParams(query)];
  const names = values.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw badRecipe(`The address gives ${JSON.stringify(twice)} twice.`);
  const presetName = values.find(([name]) => name === 'preset')?.[1] ?? fallback;
  const preset = presetNamed(presetName);
  if (preset === undefined)
    throw badRecipe(`There is no preset ${JSON.stringify(presetName)}; there are ${PRESET_NAMES.join(', ')}.`);
  const changes = values.filter(([name]) => name !== 'preset');
  return parseFields(changed(PRESETS[preset], changes));
}

/** JSON with the keys of every object sorted and without white space: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, x: unknown) =>
    typeof x === 'object' && x !== null && !Array.isArray(x)
      ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)))
      : x,
  );
}

/**
 * The hash that binds a checkpoint to its recipe. Fields that were added later are left out where they have no effect,
 * so that older checkpoints keep their hash.
 */
export function recipeHash(recipe: Recipe): Promise<string> {
  const hashed = FIELD_NAMES.filter((name) => {
    const { addedLater, hashedWhen, default: unchanged } = FIELDS[name];
    if (hashedWhen !== undefined) return hashedWhen(recipe);
    return addedLater !== true || recipe[name] !== unchanged;
  });
  const values = Object.fromEntries(hashed.map((name) => [name, recipe[name]]));
  return sha256(new TextEncoder().encode(canonicalJson(values)));
}
