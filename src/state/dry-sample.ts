/** A dry sample in the Lab: the model's first completions, before anything is started. */
import { create } from 'zustand';
import type { Recipe } from '../recipe/recipe';
import type { DryProgress, DrySample } from '../records/dry-sample';

export interface DryState {
  /** In place of the Lab's run. */
  readonly shown: boolean;
  /** What is tried, or was. */
  readonly recipe: Recipe | null;
  readonly progress: DryProgress | null;
  /** null while it is being taken. */
  readonly sample: DrySample | null;
}

export const NO_DRY_SAMPLE: DryState = { shown: false, recipe: null, progress: null, sample: null };

export const useDrySample = create<DryState>()(() => NO_DRY_SAMPLE);

export const isTaking = ({ recipe, sample }: DryState): boolean => recipe !== null && sample === null;

/** Out of sight. One that was taken is remembered. */
export function hideDrySample(): void {
  const state = useDrySample.getState();
  useDrySample.setState(isTaking(state) ? NO_DRY_SAMPLE : { shown: false });
}

export function dryProgress(progress: DryProgress): void {
  if (isTaking(useDrySample.getState())) useDrySample.setState({ progress });
}

/** Values that decide what is written, and how it is read. */
const DECISIVE = [
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

/** Whether a sample of one recipe speaks for the other. */
export function samplesAlike(a: Recipe, b: Recipe): boolean {
  return DECISIVE.every((name) => String(a[name]) === String(b[name]));
}
