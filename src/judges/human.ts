/** A person as the judge. The person votes for the best and the worst response, and the vote becomes scores. */
import { at } from '../lib/assert';
import { LabError } from '../lib/errors';
import { human } from '../recipe/judges/human';
import type { Judgement, JudgeRequest, OpenJudge } from './judge';

/** Whether there is anything to choose from. Equal responses need no vote. */
export const needsVote = (responses: readonly string[]): boolean => new Set(responses).size > 1;

/**
 * The best response scores 1, the worst 0, all others 0.5, and so does every response of a tie. A skipped prompt has
 * no scores. Equal responses score the same.
 */
export const humanJudge: OpenJudge = {
  name: human.kind,
  promptVersion: null,
  pace: human.pace,
  async score({ responses, vote }: JudgeRequest): Promise<Judgement> {
    const middle = responses.map(() => 0.5);
    if (!needsVote(responses)) return { scores: middle, detail: 'nothing to choose from' };
    if (vote === undefined) {
      throw new LabError(
        'judge-failed',
        'This prompt is still waiting for a person’s vote.',
        'Vote on it. The run continues after the last vote.',
      );
    }
    if (vote === 'tie') return { scores: middle, detail: 'chosen by hand: a tie' };
    if (vote === 'skip') return { scores: responses.map(() => null), detail: 'skipped by hand' };
    const [best, worst] = [at(responses, vote.best), at(responses, vote.worst)];
    const scores = responses.map((response) => (response === best ? 1 : response === worst ? 0 : 0.5));
    return { scores, detail: 'chosen by hand: best and worst' };
  },
  dispose() {},
};
