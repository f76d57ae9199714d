/** Which iteration of an arm was best on the held-out prompts, and when an arm stops early. */

import { ARMS, type Arm, type Recipe } from '../../recipe/recipe';
import type { ArmIteration } from '../../records/candidates';
import type { Evaluation, Measure } from '../../records/evaluations';
import { heldoutMeasure, MEASURE_NAMES, rankOf } from '../../records/evaluations';
import type { Warning } from '../../records/progress';

export interface HeldoutScores {
  readonly measure: Measure;
  /** In the order of iterations. */
  readonly scores: readonly { readonly iteration: number; readonly score: number }[];
}

/** The scores of an arm's evaluations by their common measure; null if they have none. */
export function heldoutScores(evaluations: readonly Evaluation[], arm: Arm): HeldoutScores | null {
  const ofArm = evaluations.filter((evaluation) => evaluation.arm === arm).sort((a, b) => a.iteration - b.iteration);
  const measure = heldoutMeasure(ofArm);
  if (measure === null) return null;
  const scores = ofArm.flatMap((evaluation) => {
    const rank = rankOf(evaluation, measure);
    return rank === null ? [] : [{ iteration: evaluation.iteration, score: rank.value }];
  });
  return { measure, scores };
}

/** The iteration whose policy scored highest; 0 is the seed model. Among equals the first, which was trained less. */
export function bestIteration(evaluations: readonly Evaluation[], arm: Arm): number | null {
  const scores = heldoutScores(evaluations, arm)?.scores ?? [];
  const best = scores.reduce<(typeof scores)[number] | null>(
    (top, one) => (top === null || one.score > top.score ? one : top),
    null,
  );
  return best?.iteration ?? null;
}

/** The best iteration of each arm that has been evaluated. */
export function bestIterations(evaluations: readonly Evaluation[]): Partial<Record<Arm, number>> {
  const found = ARMS.flatMap((arm): [Arm, number][] => {
    const best = bestIteration(evaluations, arm);
    return best === null ? [] : [[arm, best]];
  });
  return Object.fromEntries(found);
}

/** Whether the score fell in each of the last two iterations. */
export function fellTwice(evaluations: readonly Evaluation[], arm: Arm): boolean {
  const [before, then, now] = (heldoutScores(evaluations, arm)?.scores ?? []).slice(-3).map(({ score }) => score);
  return before !== undefined && then !== undefined && now !== undefined && now < then && then < before;
}

/**
 * Whether the arm had stopped before this arm iteration. Follows from the evaluations alone, so that a resumed run
 * skips the same arm iterations.
 */
export function stoppedBefore(
  { earlyStop }: Pick<Recipe, 'earlyStop'>,
  evaluations: readonly Evaluation[],
  { iteration, arm }: ArmIteration,
): boolean {
  return (
    earlyStop &&
    fellTwice(
      evaluations.filter((evaluation) => evaluation.iteration < iteration),
      arm,
    )
  );
}

/** @param evaluations those that made the arm stop before its last iteration */
export function earlyStopWarning(evaluations: readonly Evaluation[], arm: Arm): Warning[] {
  const found = heldoutScores(evaluations, arm);
  if (found === null) return [];
  const last = found.scores.slice(-3);
  const text = (score: number) => (found.measure === 'score' ? score.toFixed(3) : `${(100 * score).toFixed(1)}%`);
  const best = bestIteration(evaluations, arm);
  return [
    {
      code: `early-stop-${arm}`,
      message:
        `The held-out ${MEASURE_NAMES[found.measure]} of the ${arm} arm fell twice: ` +
        `${last.map(({ score }) => text(score)).join(', ')} after iterations ` +
        `${last.map(({ iteration }) => iteration).join(', ')}. The arm stops here.`,
      advice:
        best === 0
          ? 'The model before training was best: start again with a lower learning rate or fewer epochs.'
          : `Iteration ${best} was best: take its adapter from Runs. ` +
            'A lower learning rate or fewer epochs may get further.',
      field: 'earlyStop',
    },
  ];
}
