/** What lives as long as the page: the machine, the recipe being edited, what it would cost, the last failure. */
import { create } from 'zustand';
import type { Failure } from '../lib/errors';
import { recipeToQuery } from '../recipe/encoding';
import { type RecipeFault, recipeFault } from '../recipe/faults';
import { demoPreset, PRESET_NAMES, PRESETS, type PresetName, withPreset } from '../recipe/presets';
import type { Recipe } from '../recipe/recipe';
import type { DeviceInfo, Estimate, StorageInfo } from '../records/device';
import type { PromptSetInfo } from '../records/prompts';

export interface Session {
  /** Nothing was heard of the worker yet: neither whether there is a device nor whether there is a run. */
  readonly starting: boolean;
  readonly device: DeviceInfo | null;
  /** Why there is no device. */
  readonly noDevice: Failure | null;

  /** What the recipe began with; a field's reset goes back to it. */
  readonly preset: PresetName;
  readonly recipe: Recipe;
  /** The reader chose it; else it is the demo's, which follows the device. */
  readonly touched: boolean;
  /** Why it cannot run, whatever the machine. */
  readonly fault: RecipeFault | null;
  /** Of the recipe as it is; null while it is being computed. */
  readonly estimate: Estimate | null;

  readonly promptSets: readonly PromptSetInfo[];
  readonly storage: StorageInfo | null;
  readonly failure: Failure | null;
}

export const useSession = create<Session>()(() => ({
  starting: true,
  device: null,
  noDevice: null,
  preset: demoPreset('software'),
  recipe: PRESETS[demoPreset('software')],
  touched: false,
  fault: null,
  estimate: null,
  promptSets: [],
  storage: null,
  failure: null,
}));

function setRecipe(recipe: Recipe, preset: PresetName, touched: boolean): void {
  useSession.setState({ recipe, preset, touched, fault: recipeFault(recipe), estimate: null });
}

/** The preset's numbers; model, prompts, judge, arms and seed stay. */
export function choosePreset(name: PresetName): void {
  setRecipe(withPreset(useSession.getState().recipe, name), name, true);
}

export function changeRecipe(change: Partial<Recipe>): void {
  const { recipe, preset } = useSession.getState();
  setRecipe({ ...recipe, ...change }, preset, true);
}

/** Another recipe as a whole: a link's, or a run's. */
export function adoptRecipe(recipe: Recipe): void {
  const query = new URLSearchParams(recipeToQuery(recipe));
  const nearest = PRESET_NAMES.find((name) => name === query.get('preset'));
  setRecipe(recipe, nearest ?? useSession.getState().preset, true);
}

export function setDevice(device: DeviceInfo): void {
  useSession.setState({ device });
  const name = demoPreset(device.kind);
  if (!useSession.getState().touched) setRecipe(PRESETS[name], name, false);
}

/** Whether a field has another value than the preset. */
export function differs(name: keyof Recipe, recipe: Recipe, preset: PresetName): boolean {
  return String(recipe[name]) !== String(PRESETS[preset][name]);
}

/** Start would be taken up: the recipe is whole, fits, and the machine can run it. */
export function canStart({ device, fault, estimate }: Session): boolean {
  return device !== null && fault === null && (estimate === null || estimate.refused === null);
}
