/** The progress of a run, and warnings about it. Types only. */
import type { Arm, Recipe } from '../recipe/recipe';

/**
 * The work before a model can be used. `lanes`: decode steps with different numbers of lanes are timed. `tune`:
 * kernels are measured. `load`: weights are copied to the GPU.
 */
export type OpeningPhase = 'lanes' | 'tune' | 'load';

/** `done` and `total` count numbers of lanes, kernels or tensors. */
export interface OpeningProgress {
  readonly phase: OpeningPhase;
  readonly done: number;
  readonly total: number;
}

/**
 * The current work of a run. `vote`: it waits for a person's votes. `release`: the judges free their GPU memory for
 * the training. `save`: the adapter of an iteration is stored.
 */
export type Phase =
  | OpeningPhase
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

/** The current work of a run and its progress. */
export interface Progress {
  readonly phase: Phase;
  /** 1 … N. 0 for the evaluation of the seed model and the warm-up. */
  readonly iteration: number;
  /** N. */
  readonly iterations: number;
  /** Null while the model is opened. */
  readonly arm: Arm | null;
  /** Progress of the phase. */
  readonly done: number;
  readonly total: number;
  /** The things that `done` and `total` count. */
  readonly counts: 'prompts' | 'pairs' | 'steps' | 'tried' | 'kernels' | 'tensors' | 'judges';
  /** Over the last seconds. Null if nothing was measured yet. */
  readonly tokensPerSecond: number | null;
  /** Predicted for the whole run. Null before anything was measured. */
  readonly secondsLeft: number | null;
}

/** A sign that a run goes wrong, or that a judge is unreliable. */
export interface Warning {
  /** A stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** The observation, with the number that shows it. */
  readonly message: string;
  /** The recommended change. */
  readonly advice: string;
  /** The recipe's field that the advice names. Null if it names none. */
  readonly field: keyof Recipe | null;
}
