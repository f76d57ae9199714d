/**
 * From scores to preference pairs: length control, the choice of chosen and rejected, and the pairs that are trained
 * on.
 */
import { at } from '../../lib/assert';
import { zScores } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { StoredJudgement } from '../../records/judgements';
import type { PairChoice, PreferencePair } from '../../records/pairs';

/**
 * The length-controlled score of each response: s = z(score) − rho·z(length). z is taken over the values given, with
 * the population standard deviation, and is 0 where that is 0.
 */
export function lengthControl(scores: readonly number[], lengths: readonly number[], rho: number): number[] {
  const zLength = zScores(lengths);
  return zScores(scores).map((z, i) => z - rho * at(zLength, i));
}

/**
 * Sets `s` of each well-formed candidate with a score, and null for the others. The length is that of the response,
 * in tokens.
 */
export function withLengthControl(candidates: readonly Candidate[], rho: number): Candidate[] {
  const judged = candidates.flatMap((c) =>
    c.malformed === null && c.score !== null ? [{ index: c.index, score: c.score, length: c.responseTokens }] : [],
  );
  const s = lengthControl(
    judged.map((c) => c.score),
    judged.map((c) => c.length),
    rho,
  );
  const byIndex = new Map(judged.map((c, i) => [c.index, at(s, i)]));
  return candidates.map((c) => ({ ...c, s: byIndex.get(c.index) ?? null }));
}

/**
 * Chosen is the candidate with the highest s. Rejected is the first malformed candidate if `malformedAsRejected` is
 * set and there is one, otherwise the candidate with the lowest s. Ties go to the lowest index.
 */
export function choosePair(
  candidates: readonly Pick<Candidate, 'text' | 'malformed' | 's'>[],
  malformedAsRejected: boolean,
): PairChoice {
  const wellFormed = candidates.filter((c) => c.malformed === null);
  if (wellFormed.length === 0) return { none: 'all-malformed' };
  let best = -1;
  let worst = -1;
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  candidates.forEach(({ malformed, s }, i) => {
    if (malformed !== null || s === null) return;
    if (s > highest) [highest, best] = [s, i];
    if (s < lowest) [lowest, worst] = [s, i];
  });
  if (best === -1) return { none: 'judge-failed' };

  const malformedAt = malformedAsRejected ? candidates.findIndex((c) => c.malformed !== null) : -1;
  if (malformedAt === -1 && highest === lowest) return { none: 'all-equal' };
  const rejected = malformedAt === -1 ? worst : malformedAt;
  if (candidates[best]?.text === candidates[rejected]?.text) return { none: 'same-text' };
  return { chosen: best, rejected, rejectedMalformed: malformedAt !== -1 };
}

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
