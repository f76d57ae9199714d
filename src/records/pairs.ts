/** Preference pairs, edits of pairs, and SFT samples. Types only. */
import type { Arm } from '../recipe/recipe';

/** `excluded`: by a reader. */
export type NoPair = 'all-malformed' | 'all-equal' | 'same-text' | 'judge-failed' | 'excluded';

export type PairChoice =
  | { readonly chosen: number; readonly rejected: number; readonly rejectedMalformed: boolean }
  | { readonly none: NoPair };

/** A pair that a reader changed. */
export interface PairEdit {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly pair: { readonly chosen: number; readonly rejected: number } | 'excluded';
  /** Made when the iteration had already begun to train: it changes what is exported, not what was learnt. */
  readonly late: boolean;
}

/** A pair as it is trained on. */
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
  readonly tokens: readonly number[];
}

/** Sums of log-probabilities over completion tokens under the policy at the start of the iteration. */
export interface ReferenceLogps {
  readonly position: number;
  readonly chosen: number;
  readonly rejected: number;
}

export interface PromptPlace {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
}

/**
 * A reader's edits of one pair. `early` was made before the iteration began to train, and is what it trains on; `late` came
 * afterwards, and changes what is exported.
 */
export interface StoredPairEdit extends PromptPlace {
  readonly early: PairEdit['pair'] | null;
  readonly late: PairEdit['pair'] | null;
}
