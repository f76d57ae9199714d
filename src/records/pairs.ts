/** Preference pairs, edits of pairs, and samples for SFT. Types only. */
import type { Arm } from '../recipe/recipe';

/** Why a prompt makes no pair. `excluded`: a reader has excluded it. */
export type NoPair = 'all-malformed' | 'all-equal' | 'same-text' | 'judge-failed' | 'excluded';

/** The pair of a prompt, by indices of its candidates, or why there is none. */
export type PairChoice =
  | { readonly chosen: number; readonly rejected: number; readonly rejectedMalformed: boolean }
  | { readonly none: NoPair };

/** A pair that a reader has changed or excluded, as the page shows it. */
export interface PairEdit {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly pair: { readonly chosen: number; readonly rejected: number } | 'excluded';
  /** Made after training of the iteration had begun: it changes what is exported, not what was trained. */
  readonly late: boolean;
}

/** A pair to train on: two completions of the same prompt. */
export interface PreferencePair {
  /** `position` of its rollout. */
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly chosenTokens: readonly number[];
  readonly rejectedTokens: readonly number[];
}

/** A completion that the warm-up trains on. */
export interface SftSample {
  /** `position` of its rollout. */
  readonly position: number;
  readonly promptTokens: readonly number[];
  /** The completion. */
  readonly tokens: readonly number[];
}

/**
 * Log-probabilities of a pair's completions under the reference, which is the policy at the start of the iteration.
 * Natural logarithms, summed over completion tokens.
 */
export interface ReferenceLogps {
  readonly position: number;
  readonly chosen: number;
  readonly rejected: number;
}

/** A training prompt of a run. */
export interface PromptPlace {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
}

/** A reader's edits of one pair. */
export interface StoredPairEdit extends PromptPlace {
  /** Made before training of the iteration began: the iteration trains on it. Null if there is none. */
  readonly early: PairEdit['pair'] | null;
  /** Made afterwards: it only changes what is exported. Null if there is none. */
  readonly late: PairEdit['pair'] | null;
}
