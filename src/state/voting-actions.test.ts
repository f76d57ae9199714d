import { beforeEach, expect, it, vi } from 'vitest';
import type { Lab } from '../client/client';
import { at } from '../lib/at';
import { LabError } from '../lib/errors';
import type { Ballot, Ballots, Vote } from '../records/votes';
import { runSummary } from '../tpo/testing/records';
import { provideLab } from './lab';
import { NO_RUN, useRun } from './run';
import { useSession } from './session';
import { useVoting } from './voting';
import { castVote, choose, loadBallots, nextBallot, undoVote } from './voting-actions';

const ballot = (position: number): Ballot => ({
  id: `1/thinking/${position}`,
  iteration: 1,
  arm: 'thinking',
  position,
  instruction: `prompt ${position}`,
  responses: [0, 1, 2].map((candidate) => ({ candidate, text: `response ${candidate}`, thought: '' })),
});

const run = runSummary();

/** A run's ballot box: what waits, by position, as the worker lists it. */
let waiting: Ballot[];
let cast: { ballot: Ballot; vote: Vote }[];
const lab = {
  ballots: vi.fn<Lab['ballots']>(),
  vote: vi.fn<Lab['vote']>(),
  undoVote: vi.fn<Lab['undoVote']>(),
};
const state = () => useVoting.getState();
const shown = () => state().queue[0]?.position;
const wait = (...positions: number[]) => {
  waiting = positions.map(ballot);
};

/** A call that the test lets end when it likes. */
function held<T>(): { readonly promise: Promise<T>; readonly end: (value: T) => void } {
  let end: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

beforeEach(async () => {
  cast = [];
  for (const call of Object.values(lab)) call.mockReset();
  lab.ballots.mockImplementation(
    async (): Promise<Ballots> => ({
      waiting: waiting.toSorted((a, b) => a.position - b.position),
      done: cast.length,
      total: waiting.length + cast.length,
    }),
  );
  lab.vote.mockImplementation(async (_, id, vote) => {
    const found = waiting.find((one) => one.id === id);
    if (!found) throw new LabError('not-found', 'This prompt does not wait for a vote.', 'Nothing was changed.');
    waiting = waiting.filter((one) => one !== found);
    cast.push({ ballot: found, vote });
  });
  lab.undoVote.mockImplementation(async () => {
    const last = cast.pop();
    if (!last) return null;
    waiting.push(last.ballot);
    return last.ballot;
  });
  provideLab(lab as unknown as Lab);
  useRun.setState(NO_RUN);
  useSession.setState({ failure: null });
  useVoting.setState({ run: null, waiting: 0, queue: [], done: 0, total: 0, best: null, casting: false, voted: null });
  wait(4, 6);
  await loadBallots('a');
});

it('the prompt under the reader’s eyes stays, whichever is written meanwhile; its half-made choice is cast on it', async () => {
  await choose(2);
  wait(1, 4, 5, 6);
  await loadBallots('a');
  expect(state().queue.map(({ position }) => position)).toEqual([4, 6, 1, 5]);
  expect(state().best).toBe(2);
  await choose(0);
  expect(cast).toEqual([{ ballot: ballot(4), vote: { best: 2, worst: 0 } }]);
});

it('half a choice goes with its prompt when that waits no more', async () => {
  await choose(1);
  wait(6);
  await loadBallots('a');
  expect(shown()).toBe(6);
  expect(state().best).toBeNull();
  await choose(0);
  expect(lab.vote).not.toHaveBeenCalled();
});

it('a key pressed while a vote is on its way counts for nothing', async () => {
  const answer = held<void>();
  lab.vote.mockImplementationOnce(() => answer.promise);
  await choose(0);
  const voting = choose(1);
  await choose(2);
  await castVote('tie');
  await undoVote();
  expect(lab.vote).toHaveBeenCalledTimes(1);
  expect(lab.undoVote).not.toHaveBeenCalled();
  answer.end();
  await voting;
  expect(state()).toMatchObject({ voted: { vote: { best: 0, worst: 1 } }, best: null, casting: false });
  nextBallot();
  expect(state().best).toBeNull();
});

it('an older list of ballots does not come after a newer one', async () => {
  const older = held<Ballots>();
  lab.ballots.mockImplementationOnce(() => older.promise);
  const reading = loadBallots('a');
  await castVote('skip');
  nextBallot();
  older.end({ waiting: [ballot(4), ballot(6)], done: 0, total: 2 });
  await reading;
  expect(state().queue.map(({ position }) => position)).toEqual([6]);
  expect(state().done).toBe(1);
});

it('a choice is taken back: first the half that is made, then the last one cast, which stands first again', async () => {
  wait(4, 6, 2);
  await loadBallots('a');
  await castVote('tie');
  nextBallot();
  await choose(1);
  await undoVote();
  expect(state().best).toBeNull();
  expect(lab.undoVote).not.toHaveBeenCalled();
  await undoVote();
  expect(state().queue.map(({ position }) => position)).toEqual([4, 6, 2]);
  await undoVote();
  expect(shown()).toBe(4);
});

it('the best is named, unnamed, and named again', async () => {
  await choose(1);
  await choose(1);
  expect(state().best).toBeNull();
  expect(lab.vote).not.toHaveBeenCalled();
});

it('a prompt that began to train meanwhile is said to wait no more, and the next one comes', async () => {
  wait(6);
  await castVote('tie');
  expect(useSession.getState().failure?.code).toBe('not-found');
  expect(state()).toMatchObject({ voted: null, casting: false });
  expect(shown()).toBe(6);
});

it('another run has its own prompts, and nothing of a choice made on the first', async () => {
  await choose(1);
  waiting = [{ ...at(waiting, 1), id: 'other' }];
  await loadBallots('b');
  expect(state()).toMatchObject({ run: 'b', best: null, queue: [{ id: 'other' }] });
});

it('how many wait is told of the run in the Lab only', async () => {
  expect(state().waiting).toBe(0);
  useRun.setState({ run });
  await loadBallots('a');
  expect(state().waiting).toBe(2);
});
