import type { Ballot, Vote } from '../records/votes';
import { attempt } from './actions';
import { lab } from './lab';
import { useRun } from './run';
import { useVoting } from './voting';

/** The ballots that still wait, in the order in which they were known; newcomers behind. */
function inOrder(before: readonly Ballot[], now: readonly Ballot[]): readonly Ballot[] {
  const waiting = new Map(now.map((ballot) => [ballot.id, ballot]));
  const known = before.flatMap(({ id }) => waiting.get(id) ?? []);
  return [...known, ...now.filter((ballot) => !known.includes(ballot))];
}

let asked = 0;

export async function loadBallots(runId: string): Promise<void> {
  asked += 1;
  const mine = asked;
  const ballots = await attempt(() => lab().ballots(runId));
  // Whoever asked later knows more.
  if (ballots === undefined || mine !== asked) return;
  const { run, queue: before, best } = useVoting.getState();
  const queue = inOrder(run === runId ? before : [], ballots.waiting);
  const same = run === runId && queue[0]?.id === before[0]?.id;
  useVoting.setState({
    run: runId,
    queue,
    done: ballots.done,
    total: ballots.total,
    best: same ? best : null,
    ...(run !== runId && { voted: null }),
    ...(useRun.getState().run?.id === runId && { waiting: ballots.waiting.length }),
  });
}

/** The first press names the best, the second the worst. */
export async function choose(candidate: number): Promise<void> {
  const { best, voted, queue, casting } = useVoting.getState();
  if (voted !== null || casting || queue[0] === undefined) return;
  if (best === null) useVoting.setState({ best: candidate });
  else if (best === candidate) useVoting.setState({ best: null });
  else await castVote({ best, worst: candidate });
}

export async function castVote(vote: Vote): Promise<void> {
  const { run, queue, voted, casting } = useVoting.getState();
  const [ballot] = queue;
  if (run === null || ballot === undefined || voted !== null || casting) return;
  await alone(run, async () => {
    await lab().vote(run, ballot.id, vote);
    useVoting.setState({ voted: { ballot, vote }, best: null });
  });
}

export const nextBallot = () => useVoting.setState({ voted: null, best: null });

/** Of a choice that is half made its first half, else the last one that was cast. */
export async function undoVote(): Promise<void> {
  const { run, best, casting } = useVoting.getState();
  if (run === null || casting) return;
  if (best !== null) {
    useVoting.setState({ best: null });
    return;
  }
  await alone(run, async () => {
    const ballot = await lab().undoVote(run);
    if (ballot === null) return;
    // The one taken back stands first again.
    const others = useVoting.getState().queue.filter(({ id }) => id !== ballot.id);
    useVoting.setState({ voted: null, queue: [ballot, ...others] });
  });
}

/** Nothing else is cast meanwhile. A ballot that could not be voted on may be gone: the list is read anew either way. */
async function alone(run: string, action: () => Promise<void>): Promise<void> {
  useVoting.setState({ casting: true });
  try {
    await attempt(action);
    await loadBallots(run);
  } finally {
    useVoting.setState({ casting: false });
  }
}
