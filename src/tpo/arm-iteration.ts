import type { Recipe } from '../recipe/recipe';
import type { CellName } from '../records/candidates';
import type { PreferencePair, ReferenceLogps, SftSample } from '../records/pairs';
import type { PromptBlock } from './generation/rollout-batch';

/** One iteration of one arm: everything between two adapters, as far as it is done. */
export interface Cell extends CellName {
  /** null in an iteration 0 without warm-up. */
  readonly training: PromptBlock | null;
  readonly evaluation: PromptBlock;
  /** Of all its prompts; null until the last of them is decided. */
  pairs: readonly PreferencePair[] | null;
  /** In the order of the pairs; null until computed. */
  reference: readonly ReferenceLogps[] | null;
  /** Of the warm-up, once all its prompts are written. */
  samples: readonly SftSample[] | null;
  /** Each step's pairs or samples, as indices into them. */
  batches: readonly (readonly number[])[];
  /** Optimiser steps done. */
  step: number;
  /** The adapter as this iteration left it is stored. */
  kept: boolean;
  /** The evaluation's summary is stored. */
  evaluated: boolean;
  referenceSeconds: number;
}

/** All cells of a run, in the order in which they are worked through. */
export function cellsOf({ iterations, arms }: Recipe): CellName[] {
  return Array.from({ length: iterations + 1 }, (_, iteration) => arms.map((arm) => ({ iteration, arm }))).flat();
}
