/** The reader's choices, on their way to the run. */
import type { Vote } from '../worker/protocol';
import { attempt } from './actions';
import { lab } from './lab';
import { useVoting } from './voting';

export async function loadBallots(runId: string): Promise<void> {
  const ballots = await attempt(() => lab().ballots(runId));
  if (ballots === undefined) return;
  const { run, best } = useVoting.getState();
  useVoting.setState({
    run: runId,
    queue: ballots.waiting,
    waiting: ballots.waiting.length,
    done: ballots.done,
    total: ballots.total,
    best: run === runId ? best : null,
  });
}

/** The first press names the best, the second the worst. */
export async function choose(candidate: number): Promise<void> {
  const { best, voted, queue } = useVoting.getState();
  if (voted !== null || queue[0] === undefined) return;
  if (best === null) useVoting.setState({ best: candidate });
  else if (best === candidate) useVoting.setState({ best: null });
  else await castVote({ best, worst: candidate });
}

export async function castVote(vote: Vote): Promise<void> {
  const { run, queue, voted } = useVoting.getState();
  const [ballot] = queue;
  if (run === null || ballot === undefined || voted !== null) return;
  useVoting.setState({ best: null });
  const cast = await attempt(async () => {
    await lab().vote(run, ballot.id, vote);
    return true;
  });
  if (cast === undefined) return;
  useVoting.setState({ voted: { ballot, vote } });
  await loadBallots(run);
}

export const nextBallot = () => useVoting.setState({ voted: null });

export async function undoVote(): Promise<void> {
  const { run } = useVoting.getState();
  if (run === null) return;
  const ballot = await attempt(() => lab().undoVote(run));
  if (ballot === undefined) return;
  useVoting.setState({ voted: null, best: null });
  await loadBallots(run);
  // The one taken back stands first again.
  if (ballot !== null) {
    useVoting.setState(({ queue }) => ({ queue: [ballot, ...queue.filter(({ id }) => id !== ballot.id)] }));
  }
}
