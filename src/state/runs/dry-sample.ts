/** A dry sample: a few completions of the model for the first prompts, made before a run is started. */

import { createStore } from 'zustand/vanilla';
import { LabError } from '../../lib/errors';
import { isBundledModel } from '../../recipe/model-id';
import { warmUpPrompts } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { DryProgress, DrySample } from '../../records/candidates';
import { lab } from '../lab';
import { canStart, changeRecipe, sessionStore } from '../session/session';
import { attempt } from '../session/session-actions';
import { currentRunStore, isIdle } from './current-run';
import { startRun } from './run-actions';

export interface DrySampleState {
  /** The Lab shows the sample instead of a run. */
  readonly shown: boolean;
  /** The recipe of the sample. Null when there is none. */
  readonly recipe: Recipe | null;
  readonly progress: DryProgress | null;
  /** Null while it is being generated. */
  readonly sample: DrySample | null;
}

export const NO_DRY_SAMPLE: DrySampleState = { shown: false, recipe: null, progress: null, sample: null };

export const drySampleStore = createStore<DrySampleState>(() => NO_DRY_SAMPLE);

export const isSampling = ({ recipe, sample }: DrySampleState): boolean => recipe !== null && sample === null;

/** Hides the sample. A finished one is remembered. */
export function hideDrySample(): void {
  const state = drySampleStore.getState();
  drySampleStore.setState(isSampling(state) ? NO_DRY_SAMPLE : { shown: false });
}

export function setDrySampleProgress(progress: DryProgress): void {
  if (isSampling(drySampleStore.getState())) drySampleStore.setState({ progress });
}

/** Fields of the recipe that decide what the model generates and how it is parsed. */
const SAMPLING_FIELDS = [
  'model',
  'prompts',
  'arms',
  'seed',
  'format',
  'thoughtPrompt',
  'thoughtMarker',
  'responseMarker',
  'temperature',
  'topP',
  'topK',
  'maxNewTokens',
  'maxNewTokensDirect',
  'adapter',
] as const satisfies readonly (keyof Recipe)[];

/** Whether a sample of one recipe is valid for the other one too. */
export function haveSameSample(a: Recipe, b: Recipe): boolean {
  return SAMPLING_FIELDS.every((name) => String(a[name]) === String(b[name]));
}

/** Generates a sample with the current recipe. Replaces one that is still being generated. */
export async function startDrySample(): Promise<void> {
  if (!canStart(sessionStore.getState()) || !isIdle(currentRunStore.getState())) return;
  const { recipe } = sessionStore.getState();
  sessionStore.setState({ failure: null });
  drySampleStore.setState({ ...NO_DRY_SAMPLE, recipe, shown: true });
  const sample = await attempt(async () => {
    try {
      return await lab().drySample(recipe);
    } catch (error) {
      // The user cancelled it, or started a run.
      if (error instanceof LabError && error.code === 'cancelled') return null;
      throw error;
    }
  });
  if (drySampleStore.getState().recipe === recipe) drySampleStore.setState(sample ? { sample } : NO_DRY_SAMPLE);
}

/** Returns to the Lab. Cancels a sample that is still being generated. */
export async function closeDrySample(): Promise<void> {
  const sampling = isSampling(drySampleStore.getState());
  hideDrySample();
  if (sampling) await attempt(() => lab().cancelDrySample());
}

/**
 * The action of the Start buttons. A model that is not bundled makes a dry sample first, because a run with a model
 * that does not follow the format is wasted time. Start begins the run when the sample has been seen. The bundled
 * model follows the format.
 */
export async function startOrSample(): Promise<void> {
  const { recipe } = sessionStore.getState();
  const seen = drySampleStore.getState();
  const known = seen.sample !== null && seen.recipe !== null && haveSameSample(seen.recipe, recipe);
  await (isBundledModel(recipe.model) || known ? startAfterSample() : startDrySample());
}

/** Starts the run, regardless of the result of the sample. */
export async function startAfterSample(): Promise<void> {
  await closeDrySample();
  await startRun();
}

/** Starts the run with a warm-up (SFT) before iteration 1. */
export async function startWithWarmUp(): Promise<void> {
  changeRecipe({ sftPrompts: warmUpPrompts(sessionStore.getState().recipe) });
  await startAfterSample();
}
