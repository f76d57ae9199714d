/** How far a judge of held-out samples is to be believed. */

import type { Rollout } from '../../records/candidates';
import type { Comparison, JudgeFacts } from '../../records/judgements';
import { judgeFacts } from '../judging/judge-facts';
import type { Opponent } from './comparing';

/**
 * @param own of purpose `evaluate`, of one iteration and arm
 * @param opponents of a judge that compares: what counts is what it said of both. null: the samples' own scores count
 */
export function evaluationFacts(own: readonly Rollout[], opponents: readonly Opponent[] | null): JudgeFacts | null {
  if (opponents === null) return judgeFacts(own);
  // It was shown no sample alone; control rows it was shown.
  const unscored = own.map((rollout) => ({ ...rollout, candidates: [] }));
  const met = own.flatMap((rollout) =>
    rollout.comparisons.flatMap((comparison) => meetings(rollout, comparison, opponents)),
  );
  return judgeFacts([...unscored, ...met]);
}

/** Every two samples that the judge was shown, as a prompt with two candidates. */
function meetings(
  rollout: Rollout,
  { against, outcomes, calls }: Comparison,
  opponents: readonly Opponent[],
): Rollout[] {
  const { judgement, position } = rollout;
  const opponent = opponents.find(({ place }) => place.iteration === against.iteration && place.arm === against.arm);
  const others = opponent?.rollouts.find((other) => other.position === position)?.candidates ?? [];
  if (judgement === null) return [];
  return rollout.candidates.flatMap((candidate, i): Rollout[] => {
    const [other, outcome = null, asked = []] = [others[i], outcomes[i], calls[i]];
    // Nobody was asked where one is malformed, or both are the same.
    if (other === undefined || candidate.malformed !== null || other.malformed !== null) return [];
    if (candidate.response === other.response) return [];
    const both = [
      { ...candidate, index: 0, score: outcome },
      { ...other, index: 1, score: outcome === null ? null : 1 - outcome },
    ];
    return [{ ...rollout, candidates: both, judgement: { ...judgement, calls: asked, controls: [] } }];
  });
}
