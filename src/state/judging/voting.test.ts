import { beforeEach, expect, it, vi } from 'vitest';
import type { Lab } from '../../client/client';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import type { Ballot, Ballots, Vote } from '../../records/judgements';
import { runSummary } from '../../tpo/testing/records';
import { provideLab } from '../lab';
import { currentRunStore, NO_RUN } from '../runs/current-run';
import { sessionStore } from '../session/session';
import { castVote, choose, loadBallots, nextBallot, undoVote, votingStore } from './voting';

const ballot = (position: number): Ballot => ({
  id: `1/thinking/${position}`,
  iteration: 1,
  arm: 'thinking',
  position,
  instruction: `prompt ${position}`,
  responses: [0, 1, 2].map((candidate) => ({ candidate, text: `response ${candidate}`, thought: '' })),
});

const run = runSummary();

/** The worker's open ballots, and the votes that have been cast. */
let waiting: Ballot[];
let cast: { ballot: Ballot; vote: Vote }[];
const lab = {
  ballots: vi.fn<Lab['ballots']>(),
  vote: vi.fn<Lab['vote']>(),
  undoVote: vi.fn<Lab['undoVote']>(),
};
const state = () => votingStore.getState();
const shown = () => state().queue[0]?.position;
const wait = (...positions: number[]) => {
  waiting = positions.map(ballot);
};

/** A promise that the test resolves by hand. */
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
  currentRunStore.setState(NO_RUN);
  sessionStore.setState({ failure: null });
  votingStore.setState({
    run: null,
    waiting: 0,
    queue: [],
    done: 0,
    total: 0,
    best: null,
    casting: false,
    voted: null,
  });
  wait(4, 6);
  await loadBallots('a');
});

it('keeps showing the same prompt while others are added, and casts the choice on it', async () => {
  await choose(2);
  wait(1, 4, 5, 6);
  await loadBallots('a');
  expect(state().queue.map(({ position }) => position)).toEqual([4, 6, 1, 5]);
  expect(state().best).toBe(2);
  await choose(0);
  expect(cast).toEqual([{ ballot: ballot(4), vote: { best: 2, worst: 0 } }]);
});

it('drops the choice of the best when its prompt is no longer open', async () => {
  await choose(1);
  wait(6);
  await loadBallots('a');
  expect(shown()).toBe(6);
  expect(state().best).toBeNull();
  await choose(0);
  expect(lab.vote).not.toHaveBeenCalled();
});

it('ignores keys pressed while a vote is being stored', async () => {
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

it('ignores a list of ballots that is older than the one shown', async () => {
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

it('undo takes back the choice of the best first, then the last vote, whose prompt is shown again', async () => {
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

it('choosing the best again deselects it', async () => {
  await choose(1);
  await choose(1);
  expect(state().best).toBeNull();
  expect(lab.vote).not.toHaveBeenCalled();
});

it('says that a prompt which has started training is no longer open, and shows the next one', async () => {
  wait(6);
  await castVote('tie');
  expect(sessionStore.getState().failure?.code).toBe('not-found');
  expect(state()).toMatchObject({ voted: null, casting: false });
  expect(shown()).toBe(6);
});

it('does not carry a choice over to another run', async () => {
  await choose(1);
  waiting = [{ ...at(waiting, 1), id: 'other' }];
  await loadBallots('b');
  expect(state()).toMatchObject({ run: 'b', best: null, queue: [{ id: 'other' }] });
});

it('counts open ballots of the run in the Lab only', async () => {
  expect(state().waiting).toBe(0);
  currentRunStore.setState({ run });
  await loadBallots('a');
  expect(state().waiting).toBe(2);
});
