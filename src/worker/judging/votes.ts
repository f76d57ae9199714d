/** Votes of a person on a run's prompts: which wait, what was chosen, and what is taken back. */
import { LabError } from '../../lib/errors';
import { asksPerson } from '../../recipe/judges/asked';
import type { Recipe } from '../../recipe/recipe';
import type { LabEvent } from '../../records/events';
import type { Ballot, Ballots, CastVote, Vote } from '../../records/votes';
import { ballotId, ballotOf, checkVote, isOnBallot } from '../../tpo/judging/votes';
import type { RunStore } from '../../tpo/store';
import { notFound } from '../runs/run-not-found';

export interface BallotServices {
  readonly store: RunStore;
  emit(event: LabEvent): void;
  /** The run may have waited for it. */
  voted(runId: string): void;
}

export class BallotBox {
  constructor(private readonly services: BallotServices) {}

  /** @throws LabError not-found */
  async ballots(runId: string): Promise<Ballots> {
    const { open, votes } = await this.read(runId);
    const waiting = open.filter(({ id }) => !votes.has(id));
    return { waiting, done: open.length - waiting.length, total: open.length };
  }

  /** @throws LabError not-found: the run, a ballot that no longer waits, or a response that is not on it */
  async vote(runId: string, ballot: string, vote: Vote): Promise<void> {
    const { open } = await this.read(runId);
    const asked = open.find(({ id }) => id === ballot);
    if (!asked) {
      throw new LabError(
        'not-found',
        'This prompt does not wait for a vote.',
        'The iteration may have begun to train. Nothing was changed.',
      );
    }
    checkVote(asked, vote);
    const { iteration, arm, position } = asked;
    await this.services.store.putVote(runId, { iteration, arm, position, vote, at: Date.now() });
    await this.told(runId);
  }

  /** Takes the last vote back that does not count yet; null where there is none. @throws LabError not-found */
  async undo(runId: string): Promise<Ballot | null> {
    const { open, votes } = await this.read(runId);
    const last = [...votes.values()].filter((vote) => open.some(({ id }) => id === ballotId(vote))).at(-1);
    if (!last) return null;
    await this.services.store.deleteVote(runId, last);
    await this.told(runId);
    return open.find(({ id }) => id === ballotId(last)) ?? null;
  }

  private async told(runId: string): Promise<void> {
    const { waiting } = await this.ballots(runId);
    this.services.emit({ type: 'ballots', runId, waiting: waiting.length });
    this.services.voted(runId);
  }

  /** Ballots whose votes do not count yet, and all votes by ballot, in the order in which they were cast. */
  private async read(runId: string): Promise<{ open: readonly Ballot[]; votes: ReadonlyMap<string, CastVote> }> {
    const { store } = this.services;
    const run = await store.get(runId);
    if (!run) throw notFound();
    const open = asksPerson(run.recipe) ? await this.open(runId, run.recipe) : [];
    const votes = new Map((await store.votes(runId)).map((vote) => [ballotId(vote), vote]));
    return { open, votes };
  }

  private async open(runId: string, { seed }: Recipe): Promise<readonly Ballot[]> {
    const rollouts = await this.services.store.rollouts(runId, { purpose: 'train' });
    return rollouts.filter(isOnBallot).map((rollout) => ballotOf(rollout, seed));
  }
}
