import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../client/client';
import { LabError } from '../../lib/errors';
import type { Rollout } from '../../records/candidates';
import type { PairEdit } from '../../records/pairs';
import type { Progress } from '../../records/progress';
import { candidate, rollout, runSummary } from '../../tpo/testing/records';
import { provideLab } from '../lab';
import { receiveEvents } from '../receive-events';
import { currentRunStore, NO_RUN } from '../runs/current-run';
import { rollouts } from '../runs/rollout-store';
import { exportPairs } from '../runs/run-actions';
import { sessionStore } from '../session/session';
import { UNDO_MS } from '../undoable-delete';
import { deleteRejudgement, editPair, rejudge, showPairs, undoDeleteRejudgement } from './pair-actions';
import { hasStartedTraining, NO_PAIRS, pairsStore, type RejudgedIteration, withEdit } from './pairs';

const place = { run: 'a', purpose: 'train', iteration: 1, arm: 'thinking' } as const;
const written = (position: number, change: Partial<Rollout> = {}) =>
  rollout([candidate(), candidate({ index: 1, text: 'b' })], { none: 'all-equal' }, {}, { position, ...change });
const edit = (position: number): PairEdit => ({
  iteration: 1,
  arm: 'thinking',
  position,
  pair: { chosen: 1, rejected: 0 },
  late: false,
});
const opinion = (id: string, done: number): RejudgedIteration => ({
  id,
  runId: 'a',
  iteration: 1,
  arm: 'thinking',
  created: 0,
  judge: 'rule',
  promptVersion: null,
  entries: [],
  facts: null,
  done,
  total: 8,
});
const run = runSummary();

const lab = {
  rollouts: vi.fn<Lab['rollouts']>(),
  pairEdits: vi.fn<Lab['pairEdits']>(),
  rejudgements: vi.fn<Lab['rejudgements']>(),
  rejudgedPairs: vi.fn<Lab['rejudgedPairs']>(async () => []),
  editPair: vi.fn<Lab['editPair']>(),
  rejudge: vi.fn<Lab['rejudge']>(),
  deleteRejudgement: vi.fn<Lab['deleteRejudgement']>(),
  exportPairs: vi.fn<Lab['exportPairs']>(),
};
const state = () => pairsStore.getState();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (now: () => void) => now());
  for (const call of Object.values(lab)) call.mockReset();
  lab.rollouts.mockResolvedValue([written(0), written(1)]);
  lab.pairEdits.mockResolvedValue([]);
  lab.rejudgements.mockResolvedValue([]);
  provideLab(lab as unknown as Lab);
  currentRunStore.setState({ ...NO_RUN, run });
  sessionStore.setState({ failure: null });
  pairsStore.setState(NO_PAIRS);
  rollouts.reset([]);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the iteration shown', () => {
  it('is read once, and then updated by what the run generates or judges', async () => {
    await showPairs(place);
    const judged = written(1, { pair: { chosen: 0, rejected: 1, rejectedMalformed: false } });
    receiveEvents([
      { type: 'rollout', rollout: judged },
      { type: 'rollout', rollout: written(2) },
      { type: 'rollout', rollout: written(3, { arm: 'direct' }) },
      { type: 'rollout', rollout: written(4, { purpose: 'evaluate' }) },
    ]);
    expect(state().rollouts?.map(({ position }) => position)).toEqual([0, 1, 2]);
    expect(state().rollouts?.[1]).toBe(judged);
    expect(lab.rollouts).toHaveBeenCalledTimes(1);
  });

  it('includes what arrived while it was being read', async () => {
    const reading = showPairs(place);
    receiveEvents([{ type: 'rollout', rollout: written(2) }]);
    await reading;
    expect(state().rollouts?.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  it('keeps an edit that was made while an older list of edits was being read', async () => {
    await showPairs(place);
    let end: (edits: readonly PairEdit[]) => void = () => {};
    lab.pairEdits.mockImplementationOnce(() => new Promise((resolve) => (end = resolve)));
    const again = showPairs({ ...place, iteration: 2 });
    lab.editPair.mockResolvedValueOnce(edit(0));
    await editPair(0, edit(0).pair);
    end([]);
    await again;
    expect(state().edits).toHaveLength(1);
  });

  it('ignores the answer for an iteration that is no longer shown', async () => {
    lab.rollouts.mockImplementationOnce(async () => [written(7)]);
    const first = showPairs(place);
    await showPairs({ ...place, iteration: 2 });
    await first;
    expect(state()).toMatchObject({ iteration: 2 });
    expect(state().rollouts?.map(({ position }) => position)).toEqual([0, 1]);
  });
});

describe('another judge', () => {
  beforeEach(() => showPairs(place));

  it('keeps and reports its verdicts when it fails half-way', async () => {
    lab.rejudge.mockImplementationOnce(async () => {
      lab.rejudgements.mockResolvedValue([opinion('new', 5), opinion('old', 8)]);
      throw new LabError('judge-failed', 'The server went away.', 'Start it again.');
    });
    pairsStore.setState({ rejudgements: [opinion('old', 8)] });
    await rejudge();
    expect(state()).toMatchObject({ compared: 'new', rejudging: null });
    expect(state().rejudgements).toHaveLength(2);
    expect(state().rejudgeFailure).toMatchObject({
      message: 'The server went away.',
      advice: 'Start it again. Its verdicts on 5 of 8 prompts are kept.',
    });
  });

  it('keeps nothing when it fails at once, and says why', async () => {
    lab.rejudge.mockRejectedValueOnce(new LabError('judge-failed', 'It is not there.', 'Load it.'));
    await rejudge();
    expect(state()).toMatchObject({ compared: null, rejudgeFailure: { advice: 'Load it.' } });
  });

  it('shows no failure when it was cancelled', async () => {
    lab.rejudge.mockRejectedValueOnce(new LabError('cancelled', 'It was cancelled.'));
    await rejudge();
    expect(state()).toMatchObject({ rejudging: null, rejudgeFailure: null });
  });

  it('is deleted after a delay, unless the user undoes it', async () => {
    pairsStore.setState({ rejudgements: [opinion('one', 8), opinion('two', 8)], compared: 'one' });
    deleteRejudgement('one');
    deleteRejudgement('two');
    expect(state().compared).toBeNull();
    undoDeleteRejudgement('two');
    expect(lab.deleteRejudgement).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(lab.deleteRejudgement.mock.calls).toEqual([['a', 'one']]);
    expect(state().rejudgements.map(({ id }) => id)).toEqual(['two']);
  });
});

it('an export without pairs is a failure, and saves nothing', async () => {
  lab.exportPairs.mockResolvedValueOnce('');
  expect(await exportPairs('a')).toBeUndefined();
  expect(sessionStore.getState().failure?.message).toBe('There are no pairs to export.');
  lab.exportPairs.mockResolvedValueOnce('{}\n');
  expect(await exportPairs('a')).toBe('{}\n');
});

it('an edited pair replaces the judge’s pair', () => {
  const made = rollout([candidate(), candidate({ index: 1, malformed: 'truncated' })], { none: 'all-equal' });
  expect(withEdit(made, null)).toBe(made);
  expect(withEdit(made, { ...edit(0), pair: 'excluded' }).pair).toEqual({ none: 'excluded' });
  expect(withEdit(made, { ...edit(0), pair: { chosen: 0, rejected: 1 } }).pair).toEqual({
    chosen: 0,
    rejected: 1,
    rejectedMalformed: true,
  });
});

describe('hasStartedTraining', () => {
  const progress = (phase: Progress['phase'], iteration: number): Progress => ({
    phase,
    iteration,
    iterations: 3,
    arm: 'thinking',
    done: 0,
    total: 1,
    counts: 'steps',
    tokensPerSecond: null,
    secondsLeft: null,
  });
  const begun = (now: Progress | null, iteration = 2, arm: 'thinking' | 'direct' = 'thinking') =>
    hasStartedTraining({ iteration, arm }, { iterations: [], progress: now });

  it('is true from the reference log-probabilities on', () => {
    expect(begun(null)).toBe(false);
    expect((['generate', 'vote', 'pair', 'release'] as const).map((phase) => begun(progress(phase, 2)))).not.toContain(
      true,
    );
    expect((['reference', 'train', 'evaluate'] as const).map((phase) => begun(progress(phase, 2)))).not.toContain(
      false,
    );
    expect(begun(progress('generate', 3))).toBe(true);
    expect(begun(progress('train', 1))).toBe(false);
    expect(begun(progress('train', 2), 2, 'direct')).toBe(false);
  });

  it('is known from the iterations of a finished run', () => {
    const iterations = [{ iteration: 2, arm: 'thinking' }] as const;
    expect(hasStartedTraining({ iteration: 2, arm: 'thinking' }, { iterations, progress: null })).toBe(true);
    expect(hasStartedTraining({ iteration: 3, arm: 'thinking' }, { iterations, progress: null })).toBe(false);
  });
});
