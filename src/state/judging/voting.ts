/** Voting: the user judges prompts one after the other, blind. */

import { createStore } from 'zustand/vanilla';
import type { Ballot, Vote } from '../../records/judgements';
import { lab } from '../lab';
import { currentRunStore } from '../runs/current-run';
import { attempt } from '../session/session-actions';

export interface Voting {
  /** Id of the run whose ballots are shown. */
  readonly run: string | null;
  /** Number of ballots that wait in the run in the Lab. */
  readonly waiting: number;
  /** Open ballots. The first one is shown until it is voted on; new ones are added at the end. */
  readonly queue: readonly Ballot[];
  readonly done: number;
  readonly total: number;
  /** The candidate chosen as best of the ballot shown, while the worst is not chosen yet. */
  readonly best: number | null;
  /** A vote or an undo is being stored. Further input is ignored meanwhile. */
  readonly casting: boolean;
  /** The ballot just voted on, now shown with its thoughts, until the user continues. */
  readonly voted: { readonly ballot: Ballot; readonly vote: Vote } | null;
}

export const votingStore = createStore<Voting>(() => ({
  run: null,
  waiting: 0,
  queue: [],
  done: 0,
  total: 0,
  best: null,
  casting: false,
  voted: null,
}));

/** The open ballots: known ones in their previous order, then new ones. */
function keepOrder(before: readonly Ballot[], now: readonly Ballot[]): readonly Ballot[] {
  const waiting = new Map(now.map((ballot) => [ballot.id, ballot]));
  const known = before.flatMap(({ id }) => waiting.get(id) ?? []);
  return [...known, ...now.filter((ballot) => !known.includes(ballot))];
}

let requests = 0;

export async function loadBallots(runId: string): Promise<void> {
  requests += 1;
  const own = requests;
  const ballots = await attempt(() => lab().ballots(runId));
  // A later request has newer data.
  if (ballots === undefined || own !== requests) return;
  const { run, queue: before, best } = votingStore.getState();
  const queue = keepOrder(run === runId ? before : [], ballots.waiting);
  const same = run === runId && queue[0]?.id === before[0]?.id;
  votingStore.setState({
    run: runId,
    queue,
    done: ballots.done,
    total: ballots.total,
    best: same ? best : null,
    ...(run !== runId && { voted: null }),
    ...(currentRunStore.getState().run?.id === runId && { waiting: ballots.waiting.length }),
  });
}

/** The first choice is the best response, the second one the worst. Choosing the best again deselects it. */
export async function choose(candidate: number): Promise<void> {
  const { best, voted, queue, casting } = votingStore.getState();
  if (voted !== null || casting || queue[0] === undefined) return;
  if (best === null) votingStore.setState({ best: candidate });
  else if (best === candidate) votingStore.setState({ best: null });
  else await castVote({ best, worst: candidate });
}

export async function castVote(vote: Vote): Promise<void> {
  const { run, queue, voted, casting } = votingStore.getState();
  const [ballot] = queue;
  if (run === null || ballot === undefined || voted !== null || casting) return;
  await exclusively(run, async () => {
    await lab().vote(run, ballot.id, vote);
    votingStore.setState({ voted: { ballot, vote }, best: null });
  });
}

export const nextBallot = () => votingStore.setState({ voted: null, best: null });

/** Takes back the choice of the best response if it is open, otherwise the last vote. */
export async function undoVote(): Promise<void> {
  const { run, best, casting } = votingStore.getState();
  if (run === null || casting) return;
  if (best !== null) {
    votingStore.setState({ best: null });
    return;
  }
  await exclusively(run, async () => {
    const ballot = await lab().undoVote(run);
    if (ballot === null) return;
    // Its ballot is shown again.
    const others = votingStore.getState().queue.filter(({ id }) => id !== ballot.id);
    votingStore.setState({ voted: null, queue: [ballot, ...others] });
  });
}

/** Runs an action while no other vote is accepted, then reads the ballots again, even if the action failed. */
async function exclusively(run: string, action: () => Promise<void>): Promise<void> {
  votingStore.setState({ casting: true });
  try {
    await attempt(action);
    await loadBallots(run);
  } finally {
    votingStore.setState({ casting: false });
  }
}
