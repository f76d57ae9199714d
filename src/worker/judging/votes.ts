/** Votes of a person on the prompts of a run. */

import { LabError } from '../../lib/errors';
import { asksPerson } from '../../recipe/judges/asked';
import type { Recipe } from '../../recipe/recipe';
import type { Ballot, Ballots, CastVote, Vote } from '../../records/judgements';
import { ballotId, ballotOf, checkVote, isOnBallot } from '../../tpo/judging/votes';
import type { RunStore } from '../../tpo/store';
import { runNotFound } from '../runs/stored-runs';

export interface VoteParts {
  readonly store: RunStore;
  /** Called after a vote was cast or taken back. @param waiting prompts that still wait for a vote */
  onVote(runId: string, waiting: number): void;
}

export class Votes {
  constructor(private readonly parts: VoteParts) {}

  /** @throws LabError not-found */
  async ballots(runId: string): Promise<Ballots> {
    const { open, votes } = await this.read(runId);
    const waiting = open.filter(({ id }) => !votes.has(id));
    return { waiting, done: open.length - waiting.length, total: open.length };
  }

  /** @throws LabError not-found: the run, a ballot that no longer waits, or a response that is not on the ballot */
  async vote(runId: string, ballot: string, vote: Vote): Promise<void> {
    const { open } = await this.read(runId);
    const asked = open.find(({ id }) => id === ballot);
    if (!asked) {
      throw new LabError(
        'not-found',
        'This prompt does not wait for a vote.',
        'Training on its iteration may have begun. Nothing was changed.',
      );
    }
    checkVote(asked, vote);
    const { iteration, arm, position } = asked;
    await this.parts.store.putVote(runId, { iteration, arm, position, vote, at: Date.now() });
    await this.report(runId);
  }

  /**
   * Takes back the last vote of those that have not been used yet.
   * @returns its ballot; null if there is no such vote
   * @throws LabError not-found
   */
  async undo(runId: string): Promise<Ballot | null> {
    const { open, votes } = await this.read(runId);
    const last = [...votes.values()].filter((vote) => open.some(({ id }) => id === ballotId(vote))).at(-1);
    if (!last) return null;
    await this.parts.store.deleteVote(runId, last);
    await this.report(runId);
    return open.find(({ id }) => id === ballotId(last)) ?? null;
  }

  private async report(runId: string): Promise<void> {
    const { waiting } = await this.ballots(runId);
    this.parts.onVote(runId, waiting.length);
  }

  /** The ballots whose votes have not been used yet, and all votes by ballot, in the order in which they were cast. */
  private async read(runId: string): Promise<{ open: readonly Ballot[]; votes: ReadonlyMap<string, CastVote> }> {
    const { store } = this.parts;
    const run = await store.get(runId);
    if (!run) throw runNotFound();
    const open = asksPerson(run.recipe) ? await this.open(runId, run.recipe) : [];
    const votes = new Map((await store.votes(runId)).map((vote) => [ballotId(vote), vote]));
    return { open, votes };
  }

  private async open(runId: string, { seed }: Recipe): Promise<readonly Ballot[]> {
    const rollouts = await this.parts.store.rollouts(runId, { purpose: 'train' });
    return rollouts.filter(isOnBallot).map((rollout) => ballotOf(rollout, seed));
  }
}
