/** What an iteration's pairs would be with other scores: nothing is generated again. */
import type { Recipe } from '../recipe/recipe';
import { withLengthControl } from './length-control';
import { PairDecider } from './pair-decider';
import type { PairChoice, Rollout } from './types';

export interface Rejudged {
  readonly position: number;
  /** By index of the candidate. */
  readonly s: readonly (number | null)[];
  readonly pair: PairChoice;
}

/**
 * The pairs as the loop would have decided them, by position, up to the first prompt that is not judged yet.
 * @param rollouts of purpose `train`: one iteration of one arm, whole, in the order of their position
 * @param scores by position of the rollout; each by index of the candidate, null for one without verdict. A malformed candidate's does not count
 */
export function rejudge(
  rollouts: readonly Rollout[],
  scores: ReadonlyMap<number, readonly (number | null)[]>,
  { rho, malformedShare }: Pick<Recipe, 'rho' | 'malformedShare'>,
): Rejudged[] {
  const scored = rollouts.map((rollout): Rollout | undefined => {
    const given = scores.get(rollout.position);
    if (given === undefined) return undefined;
    const candidates = rollout.candidates.map((candidate) => ({
      ...candidate,
      score: candidate.malformed === null ? (given[candidate.index] ?? null) : null,
    }));
    return { ...rollout, candidates: withLengthControl(candidates, rho) };
  });
  return new PairDecider(rollouts.length, malformedShare).decide(scored).map(({ position, candidates, pair }): Rejudged => {
    return { position, s: candidates.map(({ s }) => s), pair: pair ?? { none: 'judge-failed' } };
  });
}
