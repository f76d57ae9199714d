import type { Rollout } from '../../records/candidates';
import type { StoredJudgement } from '../../records/judgements';
import type { PairChoice } from '../../records/pairs';
import { choosePair } from './choose-pair';

/** Judged, and its pair decided. */
export type Decided = Rollout & { readonly judgement: StoredJudgement; readonly pair: PairChoice };

/**
 * Decides the pairs of an iteration strictly by position, each as soon as all before it are decided, whatever the order in which the
 * prompts are done: how many pairs may still reject a malformed candidate depends on the pairs before, and must not depend on timing.
 * First come, first served; the others fall back to best and worst.
 */
export class PairDecider {
  private next = 0;
  private malformedPairs = 0;
  private readonly malformedLimit: number;

  constructor(prompts: number, malformedShare: number) {
    this.malformedLimit = Math.floor(malformedShare * prompts + 1e-9); // 0.29 · 100 is a little less than 29
  }

  /** @param rollouts by position, undefined where not yet written. Returns those whose pair is decided now. */
  decide(rollouts: readonly (Rollout | undefined)[]): Decided[] {
    const decided: Decided[] = [];
    for (let rollout = rollouts[this.next]; rollout?.judgement; rollout = rollouts[++this.next]) {
      const pair = choosePair(rollout.candidates, this.malformedPairs < this.malformedLimit);
      if ('chosen' in pair && pair.rejectedMalformed) this.malformedPairs++;
      decided.push({ ...rollout, judgement: rollout.judgement, pair });
    }
    return decided;
  }
}
