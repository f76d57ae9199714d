/** Metrics of optimiser steps under TRL's names, and summaries of iterations. Types only. */

import type { Arm } from '../recipe/recipe';
import type { JudgeFacts } from './judgements';
import type { NoPair } from './pairs';

/** One preference step. Names and meanings are those of TRL's DPOTrainer: means over the pairs of the step. */
export interface StepMetrics {
  readonly iteration: number;
  readonly arm: Arm;
  /** 1 … steps. */
  readonly step: number;
  /** Steps of this arm iteration. */
  readonly steps: number;
  /** Before the update. */
  readonly loss: number;
  /** beta · (log-probability − reference log-probability), as `rewards/rejected`. */
  readonly 'rewards/chosen': number;
  readonly 'rewards/rejected': number;
  /** Share of pairs whose chosen completion has the higher reward, 0 … 1. */
  readonly 'rewards/accuracies': number;
  /** Reward of chosen minus rejected. */
  readonly 'rewards/margins': number;
  /** Log-probability summed over completion tokens, in nats, as `logps/rejected`. */
  readonly 'logps/chosen': number;
  readonly 'logps/rejected': number;
  /** Before clipping. */
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step. The prompt of a pair counts once. */
  readonly tokens: number;
  readonly seconds: number;
}

/** One SFT step of the warm-up, under TRL's names. It has no pairs, and therefore no rewards. */
export interface SftStep {
  readonly iteration: 0;
  readonly arm: Arm;
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** Mean negative log-likelihood of a completion token, before the update. */
  readonly loss: number;
  /** The number of completions in the step. */
  readonly samples: number;
  /** Before clipping. */
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step. */
  readonly tokens: number;
  readonly seconds: number;
}

/** The generation and training of one arm iteration in numbers. */
export interface IterationSummary {
  /** 1 … N. 0 for the warm-up, which makes no pairs. */
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  /** The number of candidates of all prompts together. */
  readonly candidates: number;
  /** The number of malformed candidates. */
  readonly malformed: number;
  readonly pairs: number;
  /** The number of prompts without a pair, by reason. */
  readonly noPair: Readonly<Partial<Record<NoPair, number>>>;
  /** Only for the warm-up: the number of completions that it trained on. */
  readonly samples?: number;
  /** How reliable the judge is. Absent in the warm-up and in older runs. */
  readonly judge?: JudgeFacts;
  /** Prompt tokens, generated tokens, and tokens of the optimiser steps. */
  readonly tokens: { readonly prefill: number; readonly decoded: number; readonly trained: number };
  readonly seconds: {
    readonly generate: number;
    readonly judge: number;
    readonly reference: number;
    readonly train: number;
    readonly evaluate: number;
  };
}
