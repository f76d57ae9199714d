/** What an iteration's pairs would be with other scores: nothing is generated again. */
import { at } from '../lib/at';
import type { Recipe } from '../recipe/recipe';
import { withLengthControl } from './length-control';
import { PairDecider } from './pair-decider';
import type { PairChoice, Rollout } from './types';

/** `gained`: a pair where there was none; `lost`: the other way round. */
export type PairChange = 'same' | 'other-chosen' | 'other-rejected' | 'other-both' | 'swapped' | 'gained' | 'lost';

export interface Rejudged {
  readonly position: number;
  /** By index of the candidate. */
  readonly s: readonly (number | null)[];
  readonly pair: PairChoice;
  readonly change: PairChange;
}

/** How a pair differs from the one before. */
export function pairChange(before: PairChoice | null, after: PairChoice): PairChange {
  const was = before !== null && 'chosen' in before ? before : null;
  const is = 'chosen' in after ? after : null;
  if (was === null || is === null) return was === is ? 'same' : is === null ? 'lost' : 'gained';
  if (was.chosen === is.rejected && was.rejected === is.chosen) return 'swapped';
  const [chosen, rejected] = [was.chosen !== is.chosen, was.rejected !== is.rejected];
  if (chosen && rejected) return 'other-both';
  return chosen ? 'other-chosen' : rejected ? 'other-rejected' : 'same';
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
  return new PairDecider(rollouts.length, malformedShare).decide(scored).map(({ position, candidates, pair }, i): Rejudged => {
    const decided = pair ?? { none: 'judge-failed' };
    return { position, s: candidates.map(({ s }) => s), pair: decided, change: pairChange(at(rollouts, i).pair, decided) };
  });
}
