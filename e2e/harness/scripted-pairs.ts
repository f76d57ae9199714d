/** Pairs, votes and other judges of the scripted API. */

import type { Lab } from '../../src/client/client';
import { LabError } from '../../src/lib/errors';
import type { Rollout } from '../../src/records/candidates';
import type { LabEvent } from '../../src/records/events';
import type { Ballot, JudgeFacts, RejudgedPrompt, Rejudgement, Vote } from '../../src/records/judgements';
import type { PairEdit } from '../../src/records/pairs';

type PairCalls = Pick<
  Lab,
  | 'ballots'
  | 'vote'
  | 'undoVote'
  | 'rejudge'
  | 'cancelRejudge'
  | 'rejudgements'
  | 'rejudgedPairs'
  | 'rejudgedJudgement'
  | 'deleteRejudgement'
  | 'editPair'
  | 'pairEdits'
>;

export const FACTS: JudgeFacts = {
  judge: 'tiny-judge',
  controls: {
    empty: { failed: 0, of: 4 },
    colon: { failed: 0, of: 4 },
    truncated: { failed: 3, of: 4 },
    'choose-a': { failed: 1, of: 4 },
    identical: { failed: 0, of: 4 },
    repeated: { failed: 0, of: 4 },
  },
  positionBias: { share: 0.12, of: 224 },
  lengthBias: 0.31,
  agreement: { share: 0.874, of: 312 },
  unparsed: { count: 3, of: 224 },
};

export function scriptedPairs(rollouts: readonly Rollout[], emit: (events: readonly LabEvent[]) => void): PairCalls {
  let edits: readonly PairEdit[] = [];
  let made: readonly Rejudgement[] = [];
  let judged: readonly RejudgedPrompt[] = [];
  let cancelled = false;
  const votes: { ballot: Ballot; vote: Vote }[] = [];
  let queue: readonly Ballot[] = rollouts
    .filter(({ purpose, iteration, arm }) => purpose === 'train' && iteration === 1 && arm === 'thinking')
    .slice(0, 12)
    .map(({ iteration, arm, position, prompt, candidates }) => ({
      id: `ballot-${position}`,
      iteration,
      arm,
      position,
      instruction: prompt.instruction,
      responses: candidates
        .filter(({ malformed }) => malformed === null)
        .slice(0, 6)
        .map(({ index, response, thought }) => ({ candidate: index, text: response, thought })),
    }));
  const total = queue.length;
  return {
    ballots: async () => ({ waiting: queue, done: votes.length, total }),
    async vote(runId, id, vote) {
      const ballot = queue.find((one) => one.id === id);
      if (ballot === undefined) throw new LabError('not-found', 'This prompt waits no more.');
      votes.push({ ballot, vote });
      queue = queue.filter((one) => one.id !== id);
      emit([{ type: 'ballots', runId, waiting: queue.length }]);
    },
    async undoVote(runId) {
      const last = votes.pop();
      if (last === undefined) return null;
      queue = [last.ballot, ...queue];
      emit([{ type: 'ballots', runId, waiting: queue.length }]);
      return last.ballot;
    },
    async rejudge(runId, place, recipe) {
      cancelled = false;
      const own = rollouts.filter(
        ({ purpose, iteration, arm }) => purpose === 'train' && iteration === place.iteration && arm === place.arm,
      );
      for (let done = 0; done < own.length; done += 4) {
        emit([{ type: 'rejudge', done, total: own.length }]);
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (cancelled) throw new LabError('cancelled', 'It was cancelled.');
      }
      const judgement: Rejudgement = {
        id: `second-${made.length + 1}`,
        runId,
        ...place,
        created: Date.UTC(2025, 10, 21, 10, 0),
        judge: recipe.judge,
        promptVersion: '1f0c2a9e',
        facts: FACTS,
        warnings: [
          {
            code: 'judge-by-length',
            message: 'The scores of the judge (tiny-judge) follow the length of the response: correlation 0.61.',
            advice: 'Raise the length control ρ, so that longer responses need to be better.',
            field: 'rho',
          },
        ],
        done: own.length,
        total: own.length,
      };
      judged = own.map(({ position, candidates, pair }) => ({
        position,
        scores: candidates.map(({ index, malformed }) =>
          malformed === null ? Math.round(9 * Math.abs(Math.sin(index + position))) : null,
        ),
        judgement: {
          judge: recipe.judge,
          promptVersion: '1f0c2a9e',
          detail: 'a rating from 1 to 9',
          calls: candidates.map(({ index }) => ({ shown: [index] as const, verdict: 5, reply: '[[5]]' })),
          members: [],
          flags: [],
          controls: [],
        },
        pair:
          position % 3 === 0 && pair !== null && 'chosen' in pair
            ? { ...pair, chosen: pair.rejected, rejected: pair.chosen }
            : (pair ?? { none: 'all-equal' }),
      }));
      made = [judgement, ...made];
      return judgement;
    },
    async cancelRejudge() {
      cancelled = true;
    },
    rejudgements: async () => made,
    rejudgedPairs: async () => judged.map(({ judgement: _, ...pair }) => pair),
    rejudgedJudgement: async (_run, _id, position) =>
      judged.find((one) => one.position === position)?.judgement ?? null,
    async deleteRejudgement(_, id) {
      made = made.filter((one) => one.id !== id);
    },
    async editPair(_, place, pair) {
      const same = (edit: PairEdit) =>
        edit.iteration === place.iteration && edit.arm === place.arm && edit.position === place.position;
      edits = edits.filter((edit) => !same(edit));
      if (pair === null) return null;
      // The runs of all scenes with pairs have ended.
      const edit: PairEdit = { ...place, pair, late: true };
      edits = [...edits, edit];
      return edit;
    },
    pairEdits: async () => edits,
  };
}
