/** Metrics of optimiser steps under TRL's names, and the summary of an iteration. Types only. */

import type { Arm } from '../recipe/recipe';
import type { JudgeFacts } from './judgements';
import type { NoPair } from './pairs';

/** One optimiser step, under TRL's names. */
export interface StepMetrics {
  readonly iteration: number;
  readonly arm: Arm;
  /** 1 … steps of this iteration and arm. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly 'rewards/chosen': number;
  readonly 'rewards/rejected': number;
  readonly 'rewards/accuracies': number;
  readonly 'rewards/margins': number;
  readonly 'logps/chosen': number;
  readonly 'logps/rejected': number;
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step, the prompt counted once a pair. */
  readonly tokens: number;
  readonly seconds: number;
}

/** One optimiser step of the warm-up (SFT), under TRL's names. It has no pairs, so neither rewards nor a rejected. */
export interface SftStep {
  readonly iteration: 0;
  readonly arm: Arm;
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** Mean negative log-likelihood of a completion token, before the update. */
  readonly loss: number;
  /** Completions trained on. */
  readonly samples: number;
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step. */
  readonly tokens: number;
  readonly seconds: number;
}

/** What generation and training of one iteration of one arm came to. */
export interface IterationSummary {
  /** 0: the warm-up, which makes no pairs. */
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  readonly candidates: number;
  readonly malformed: number;
  readonly pairs: number;
  readonly noPair: Readonly<Partial<Record<NoPair, number>>>;
  /** Of the warm-up: completions that it trained on. */
  readonly samples?: number;
  /** Not of the warm-up. */
  readonly judge?: JudgeFacts;
  readonly tokens: { readonly prefill: number; readonly decoded: number; readonly trained: number };
  readonly seconds: {
    readonly generate: number;
    readonly judge: number;
    readonly reference: number;
    readonly train: number;
    readonly evaluate: number;
  };
}
