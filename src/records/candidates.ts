/** Rollouts: prompts with the candidates that the policy generated for them; and dry samples. Types only. */
import type { Arm, Recipe } from '../recipe/recipe';
import type { Comparison, StoredJudgement } from './judgements';
import type { PairChoice } from './pairs';
import type { OpeningPhase } from './progress';
import type { Prompt } from './prompts';

/** One iteration of one arm: the largest part of a run that is worked on without a break. */
export interface ArmIteration {
  /** 1 … N. Iteration 0 evaluates the seed model and, if the recipe says so, warms it up. */
  readonly iteration: number;
  readonly arm: Arm;
}

/**
 * The purpose of a rollout. `train`: its candidates are judged and make a pair. `evaluate`: its candidates are samples
 * for a held-out prompt. `warm-up`: the model is fine-tuned on its well-formed candidates, which are neither judged
 * nor paired.
 */
export type Purpose = 'train' | 'evaluate' | 'warm-up';

/**
 * Why a candidate is malformed. `truncated`: it has no end-of-turn token within the limit (this is checked first).
 * `no-marker`: it has no response marker. `empty-response`: nothing follows the marker.
 */
export type Malformed = 'truncated' | 'no-marker' | 'empty-response';

/** One completion of a prompt, parsed and scored. */
export interface Candidate {
  /** 0 … K − 1. */
  readonly index: number;
  /** Token ids. If `ended`, the last one is the end-of-turn token. */
  readonly tokens: readonly number[];
  /** The decoded text, without the end-of-turn token. */
  readonly text: string;
  /** Whether the completion ended with an end-of-turn token within the limit. */
  readonly ended: boolean;
  /** Without the markers, trimmed. Empty if there is none. */
  readonly thought: string;
  /** Without the markers, trimmed. Empty if there is none. */
  readonly response: string;
  /** Null if the candidate is well-formed. */
  readonly malformed: Malformed | null;
  readonly thoughtTokens: number;
  readonly responseTokens: number;
  /** The judge's score. Null if malformed, not judged yet, or without a verdict. */
  readonly score: number | null;
  /** Whether the rule finds the response right. Null if it cannot check the prompt, or in the warm-up. */
  readonly correct: boolean | null;
  /** The length-controlled score, s = z(score) − rho·z(length). Null if the candidate has no score. */
  readonly s: number | null;
}

/** A prompt with all its candidates. It is the unit of generation: stored as a whole, and never generated twice. */
export interface Rollout {
  readonly purpose: Purpose;
  /** For training, 1 … N. For evaluation, the iteration of the policy, 0 for the seed model. For the warm-up, 0. */
  readonly iteration: number;
  readonly arm: Arm;
  /** Position among the prompts of the iteration, or among the held-out prompts, from 0. */
  readonly position: number;
  readonly prompt: Prompt;
  /** The prompt in the chat template. */
  readonly promptTokens: readonly number[];
  readonly candidates: readonly Candidate[];
  /** For training, once it is decided. Otherwise null. */
  readonly pair: PairChoice | null;
  /** Null while the rollout waits for its judge, and in the warm-up. */
  readonly judgement: StoredJudgement | null;
  /** For an evaluation by a relative judge. Otherwise empty. */
  readonly comparisons: readonly Comparison[];
  /** The rollout's shares of the wall time of generation and judge. */
  readonly seconds: { readonly generate: number; readonly judge: number };
}

export interface RolloutFilter {
  readonly purpose?: Purpose;
  readonly arm?: Arm;
  readonly iteration?: number;
}

/** A prompt whose candidates are being generated, with their text so far. */
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
    /** The number of tokens so far. */
    readonly tokens: number;
    readonly done: boolean;
  }[];
}

/** One completion of a dry sample, parsed. */
export interface DryCompletion {
  readonly promptId: string;
  readonly instruction: string;
  /** The whole completion, without the end-of-turn token. */
  readonly text: string;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  /** The number of tokens. */
  readonly tokens: number;
}

/** How a model does with the recipe's format. */
export interface DrySample {
  readonly arm: Arm;
  /** The longest completion allowed, in tokens. */
  readonly limit: number;
  readonly completions: readonly DryCompletion[];
  /** The number of malformed completions. */
  readonly malformed: number;
  /** Mean length of a completion. */
  readonly meanTokens: number;
  /** Over all completions together. Null if no time passed. */
  readonly tokensPerSecond: number | null;
  /** A sentence with the result. */
  readonly finding: string;
  /** The recommended change if most are malformed. Otherwise null. */
  readonly advice: string | null;
  /** The recipe's field that the advice names. */
  readonly field: keyof Recipe | null;
}

export interface DryProgress {
  readonly phase: OpeningPhase | 'generate';
  /** While the model is opened, kernels or tensors; then completions. */
  readonly done: number;
  readonly total: number;
  /** Tokens generated so far. */
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
}
