/** The pairs of an iteration: each decided in turn, then collected for training. */
import { at } from '../../lib/assert';
import type { Rollout } from '../../records/candidates';
import type { StoredJudgement } from '../../records/judgements';
import type { PairChoice, PreferencePair } from '../../records/pairs';
import { choosePair } from './choose-pair';

/**
 * The number of an iteration's pairs whose rejected candidate may be malformed: `malformedShare` of its prompts,
 * rounded down.
 */
export function malformedPairLimit(prompts: number, malformedShare: number): number {
  return Math.floor(malformedShare * prompts + 1e-9); // 0.29 · 100 is slightly below 29 in floating point
}

/** A rollout that has been judged and whose pair is decided. */
export type DecidedRollout = Rollout & { readonly judgement: StoredJudgement; readonly pair: PairChoice };

/**
 * Decides the pairs of an iteration strictly by position, each as soon as all earlier ones are decided, whatever the
 * order in which prompts are finished: the number of malformed rejections still allowed depends on the earlier pairs
 * and must not depend on timing. Once the limit is reached, a pair falls back to the lowest s.
 */
export class PairDecider {
  private next = 0;
  private malformedPairs = 0;
  private readonly malformedLimit: number;

  constructor(prompts: number, malformedShare: number) {
    this.malformedLimit = malformedPairLimit(prompts, malformedShare);
  }

  /**
   * @param rollouts by position, undefined where not yet generated
   * @returns the rollouts whose pair was decided by this call
   */
  decide(rollouts: readonly (Rollout | undefined)[]): DecidedRollout[] {
    const decided: DecidedRollout[] = [];
    for (let rollout = rollouts[this.next]; rollout?.judgement; rollout = rollouts[++this.next]) {
      const pair = choosePair(rollout.candidates, this.malformedPairs < this.malformedLimit);
      if ('chosen' in pair && pair.rejectedMalformed) this.malformedPairs++;
      decided.push({ ...rollout, judgement: rollout.judgement, pair });
    }
    return decided;
  }
}

/** The pairs that an iteration trains on, ordered by position: whole completions, thought and response. */
export function preferencePairs(rollouts: readonly Rollout[]): PreferencePair[] {
  return rollouts.flatMap(({ pair, position, promptTokens, candidates }) => {
    if (!pair || 'none' in pair) return [];
    const chosenTokens = at(candidates, pair.chosen).tokens;
    const rejectedTokens = at(candidates, pair.rejected).tokens;
    return [{ position, promptTokens, chosenTokens, rejectedTokens }];
  });
}
