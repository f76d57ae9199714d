/** The predicted cost of one unit of each kind of work of a run. */
import type { Arm, Recipe } from '../../recipe/recipe';
import type { PhaseCosts } from '../../training/phase-costs';
import { longestCompletion } from '../generation/run-prompts';

/** A kind of work, for which time is measured. Each has its own unit. */
export type Work =
  /** Training prompts. */
  | 'generate'
  /** Held-out prompts. */
  | 'evaluate'
  /** Preference steps. */
  | 'train'
  /** SFT steps of the warm-up. */
  | 'sft'
  /** Pairs whose reference log-probabilities are computed. */
  | 'reference'
  /** Prompts that are judged after generation. */
  | 'judge'
  /** Comparisons of a held-out prompt with another policy. */
  | 'compare';

/** The expected length of a completion, as a share of the longest allowed, until some have been measured. */
export const EXPECTED_SHARE = 0.4;

/** The expected tokens of a completion, before any was measured. */
export function expectedTokens(recipe: Recipe, arm: Arm): number {
  return EXPECTED_SHARE * longestCompletion(recipe, arm);
}

/** Completion tokens that one unit generates or reads. A training step counts three times (forward and backward). */
export function tokensOf(recipe: Recipe, work: Work, arm: Arm): number {
  const tokens = expectedTokens(recipe, arm);
  switch (work) {
    case 'generate':
    case 'judge':
      return recipe.k * tokens;
    case 'evaluate':
    case 'compare':
      return recipe.evaluationSamples * tokens;
    case 'reference':
      return 2 * tokens;
    case 'train':
      return 3 * 2 * recipe.pairsPerStep * tokens;
    case 'sft':
      return 3 * recipe.pairsPerStep * tokens;
    default:
      return work satisfies never;
  }
}

/** What the prediction needs to know of a run. */
export interface RunCosts {
  readonly phases: PhaseCosts;
  /** Mean length of the prompts of an arm, in tokens. */
  readonly promptTokens: (arm: Arm) => number;
}

/** Predicted seconds of one unit. Judges are not predicted: they count as if the policy read what they are asked. */
export function secondsOfUnit({ phases, promptTokens }: RunCosts, recipe: Recipe, work: Work, arm: Arm): number {
  const prompt = promptTokens(arm);
  const tokens = expectedTokens(recipe, arm);
  const { pairsPerStep } = recipe;
  const { lanes } = phases;
  const pairs = { pairs: pairsPerStep, prompt, chosen: tokens, rejected: tokens };
  switch (work) {
    case 'generate':
    case 'evaluate': {
      const k = work === 'generate' ? recipe.k : recipe.evaluationSamples;
      const prefilled = Math.max(1, Math.floor(lanes / k));
      const step = phases.decode({ lanes, k, prompt, generated: tokens / 2 });
      return phases.prefill(prefilled, prompt) / prefilled + (k * tokens * step) / lanes;
    }
    case 'train':
      return phases.step(pairs);
    case 'sft':
      return phases.step({ ...pairs, rejected: 0 });
    case 'reference':
      return phases.scoring(pairs) / pairsPerStep;
    case 'judge':
    case 'compare':
      return secondsToRead(phases, prompt) * tokensOf(recipe, work, arm);
    default:
      return work satisfies never;
  }
}

/** Predicted seconds to read one token of a long text. */
export function secondsToRead(phases: PhaseCosts, prompt: number): number {
  const tokens = Math.max(1, prompt);
  return phases.scoring({ pairs: 1, prompt: tokens, chosen: 1, rejected: 0 }) / tokens;
}
