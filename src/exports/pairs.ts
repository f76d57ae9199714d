/**
 * Pairs in TRL's preference format: `prompt`, `chosen` and `rejected` as text. The tokens of prompt + chosen are
 * exactly the tokens that the model was trained on.
 */
import { at } from '../lib/assert';
import type { Arm } from '../recipe/recipe';
import type { Candidate, Rollout } from '../records/candidates';

export interface PairRow {
  /** The thought prompt in the chat template, up to where the assistant's turn begins. */
  readonly prompt: string;
  /** Thought, response and end of turn. */
  readonly chosen: string;
  readonly rejected: string;
  readonly score_chosen: number | null;
  /** Null if the rejected candidate is malformed. */
  readonly score_rejected: number | null;
  readonly thought_chosen: string;
  readonly response_chosen: string;
  readonly thought_rejected: string;
  readonly response_rejected: string;
  readonly rejected_malformed: Candidate['malformed'];
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompt_id: string;
  readonly instruction: string;
  readonly category: string | null;
}

/** @param decode must keep special tokens: the chat template and the end of turn consist of them */
export function pairRows(rollouts: readonly Rollout[], decode: (tokens: readonly number[]) => string): PairRow[] {
  return rollouts.flatMap(({ pair, candidates, promptTokens, prompt, iteration, arm }) => {
    if (pair === null || 'none' in pair) return [];
    const chosen = at(candidates, pair.chosen);
    const rejected = at(candidates, pair.rejected);
    return [
      {
        prompt: decode(promptTokens),
        chosen: decode(chosen.tokens),
        rejected: decode(rejected.tokens),
        score_chosen: chosen.score,
        score_rejected: rejected.score,
        thought_chosen: chosen.thought,
        response_chosen: chosen.response,
        thought_rejected: rejected.thought,
        response_rejected: rejected.response,
        rejected_malformed: rejected.malformed,
        iteration,
        arm,
        prompt_id: prompt.id,
        instruction: prompt.instruction,
        category: prompt.category ?? null,
      },
    ];
  });
}
