/** Progress of a run. Types only. */
import type { Arm } from '../recipe/recipe';

/** `vote`: it waits for a person's choice. `release`: the judge makes room for the training. */
export type Phase =
  | 'load'
  | 'generate'
  | 'judge'
  | 'vote'
  | 'pair'
  | 'release'
  | 'reference'
  | 'train'
  | 'warm-up'
  | 'evaluate'
  | 'save';

export interface Progress {
  readonly phase: Phase;
  /** 0 for the seed model's evaluation and warm-up, else 1 … N. */
  readonly iteration: number;
  readonly iterations: number;
  readonly arm: Arm | null;
  readonly done: number;
  readonly total: number;
  /** What done and total count. */
  readonly unit: 'prompts' | 'pairs' | 'steps' | 'tensors' | 'judges';
  readonly tokensPerSecond: number | null;
  /** Of the whole run. */
  readonly secondsLeft: number | null;
}
