import { at } from '../../lib/at';
import type { Rollout } from '../../records/candidates';
import type { PreferencePair } from '../../records/pairs';

/** The pairs of an iteration as they are trained on: whole completions, in the order of position. */
export function preferencePairs(rollouts: readonly Rollout[]): PreferencePair[] {
  return rollouts.flatMap(({ pair, position, promptTokens, candidates }) => {
    if (!pair || 'none' in pair) return [];
    const chosenTokens = at(candidates, pair.chosen).tokens;
    const rejectedTokens = at(candidates, pair.rejected).tokens;
    return [{ position, promptTokens, chosenTokens, rejectedTokens }];
  });
}
