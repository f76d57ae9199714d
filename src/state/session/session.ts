/**
 * State that lasts as long as the page is open: the device, the edited recipe with its estimate, and the last
 * failure.
 */

import { createStore } from 'zustand/vanilla';
import type { Failure } from '../../lib/errors';
import { recipeToQuery } from '../../recipe/encoding';
import { type RecipeFault, recipeFault } from '../../recipe/faults';
import { demoPreset, PRESET_NAMES, PRESETS, type PresetName, withPreset } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, Estimate, StorageInfo } from '../../records/device';
import type { PromptSetInfo } from '../../records/prompt-sets';
import { settingsStore } from './settings';

export interface Session {
  /** The worker has not yet reported whether there is a device and a run. */
  readonly starting: boolean;
  readonly device: DeviceInfo | null;
  /** Why there is no device. */
  readonly noDevice: Failure | null;

  /** The preset that the recipe started from. Resetting a field returns to its value. */
  readonly preset: PresetName;
  readonly recipe: Recipe;
  /** The user has changed or chosen the recipe. Otherwise it is the demo that suits the device. */
  readonly touched: boolean;
  /** Why the recipe cannot run on any machine. */
  readonly fault: RecipeFault | null;
  /** Time and memory of the current recipe. Null while it is being computed. */
  readonly estimate: Estimate | null;

  readonly promptSets: readonly PromptSetInfo[];
  readonly storage: StorageInfo | null;
  readonly failure: Failure | null;

  /** A field that the recipe panel scrolls to and focuses, as a warning suggested. The panel sets it back to null. */
  readonly fieldToFocus: keyof Recipe | null;
}

export const sessionStore = createStore<Session>(() => ({
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
  fieldToFocus: null,
}));

function setRecipe(recipe: Recipe, preset: PresetName, touched: boolean): void {
  sessionStore.setState({ recipe, preset, touched, fault: recipeFault(recipe), estimate: null });
}

/** Applies a preset. Model, prompts, judge, arms and seed stay. */
export function choosePreset(name: PresetName): void {
  setRecipe(withPreset(sessionStore.getState().recipe, name), name, true);
}

export function changeRecipe(change: Partial<Recipe>): void {
  const { recipe, preset } = sessionStore.getState();
  setRecipe({ ...recipe, ...change }, preset, true);
}

/** Replaces the whole recipe by that of a link or of a run. */
export function adoptRecipe(recipe: Recipe): void {
  const query = new URLSearchParams(recipeToQuery(recipe));
  const nearest = PRESET_NAMES.find((name) => name === query.get('preset'));
  setRecipe(recipe, nearest ?? sessionStore.getState().preset, true);
}

export function setDevice(device: DeviceInfo): void {
  sessionStore.setState({ device });
  const name = demoPreset(device.kind);
  if (!sessionStore.getState().touched) setRecipe(PRESETS[name], name, false);
}

/** Whether a field's value differs from the preset's. */
export function differs(name: keyof Recipe, recipe: Recipe, preset: PresetName): boolean {
  return String(recipe[name]) !== String(PRESETS[preset][name]);
}

/** Whether the recipe can be started: it is valid, and fits the device. */
export function canStart({ device, fault, estimate }: Session): boolean {
  return device !== null && fault === null && (estimate === null || estimate.refused === null);
}

/** Opens the recipe at one field. */
export function focusField(field: keyof Recipe): void {
  settingsStore.setState({ recipeOpen: true });
  sessionStore.setState({ fieldToFocus: field });
}
