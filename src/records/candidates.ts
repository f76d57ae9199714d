/** Candidates and rollouts: what the policy wrote for a prompt. Types only. */

import type { Arm } from '../recipe/recipe';
import type { Comparison, StoredJudgement } from './judgements';
import type { PairChoice } from './pairs';
import type { Prompt } from './prompts';

/** One iteration of one arm. */
export interface CellName {
  /** 0: the seed model, which is evaluated and, where the recipe says so, warmed up. */
  readonly iteration: number;
  readonly arm: Arm;
}

/** `warm-up`: to imitate what is well-formed. Neither judged nor paired. */
export type Purpose = 'train' | 'evaluate' | 'warm-up';

/** `truncated`: no end of turn within the limit (checked first). */
export type Malformed = 'truncated' | 'no-marker' | 'empty-response';

/** What the policy wrote for one prompt, parsed. */
export interface Candidate {
  /** 0 … K−1 */
  readonly index: number;
  /** Token ids, the end of turn included when `ended`. */
  readonly tokens: readonly number[];
  /** Decoded, without the end of turn. */
  readonly text: string;
  readonly ended: boolean;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  readonly thoughtTokens: number;
  readonly responseTokens: number;
  /** The judge's; null when malformed or when its verdict did not parse. */
  readonly score: number | null;
  /** Whether the rule finds the response right; null when the prompt has no reference answer. */
  readonly correct: boolean | null;
  /** s = z(score) − rho·z(length), null when malformed. */
  readonly s: number | null;
}

/** One prompt with all its candidates, scored: the unit of generation that is stored and never done twice. */
export interface Rollout {
  readonly purpose: Purpose;
  /** Of training: 1 … N. Of evaluation: the policy's iteration, 0 for the seed model. Of the warm-up: 0. */
  readonly iteration: number;
  readonly arm: Arm;
  /** Position in the iteration's block of prompts (or among the held-out). */
  readonly position: number;
  readonly prompt: Prompt;
  readonly promptTokens: readonly number[];
  readonly candidates: readonly Candidate[];
  /** Of training only. */
  readonly pair: PairChoice | null;
  /** null while it waits for its judge; the warm-up has none. */
  readonly judgement: StoredJudgement | null;
  /** Of evaluation only. */
  readonly comparisons: readonly Comparison[];
  /** Share of the generation's wall time, and of the judge's. */
  readonly seconds: { readonly generate: number; readonly judge: number };
}

export interface RolloutFilter {
  readonly purpose?: Purpose;
  readonly arm?: Arm;
  readonly iteration?: number;
}

/** A prompt whose candidates are being written: the text so far. */
export interface LiveCandidates {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly promptId: string;
  readonly instruction: string;
  readonly candidates: readonly {
    readonly index: number;
    readonly thought: string;
    readonly response: string;
    readonly tokens: number;
    readonly done: boolean;
  }[];
}
