import { beforeEach, expect, it, vi } from 'vitest';
import type { Lab } from '../../client/client';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { DrySample } from '../../records/candidates';
import type { RunSummary } from '../../records/runs';
import { runSummary } from '../../tpo/testing/records';
import { provideLab } from '../lab';
import { receiveEvents } from '../receive-events';
import { changeRecipe, sessionStore, setDevice } from '../session/session';
import { currentRunStore, NO_RUN } from './current-run';
import {
  closeDrySample,
  drySampleStore,
  haveSameSample,
  NO_DRY_SAMPLE,
  startDrySample,
  startOrSample,
  startWithWarmUp,
} from './dry-sample';

const sample: DrySample = {
  arm: 'thinking',
  limit: 80,
  completions: [],
  malformed: 0,
  meanTokens: 0,
  tokensPerSecond: null,
  finding: 'All 8 are well-formed.',
  advice: null,
  field: null,
};
const run = (status: RunSummary['status']) => runSummary({ status });
const lab = {
  drySample: vi.fn<Lab['drySample']>(),
  cancelDrySample: vi.fn<Lab['cancelDrySample']>(),
  start: vi.fn<Lab['start']>(),
  persist: vi.fn<Lab['persist']>(),
};
const stored = { model: 'local/mine-0123456789ab' };

beforeEach(() => {
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (now: () => void) => now());
  for (const call of Object.values(lab)) call.mockReset();
  lab.drySample.mockResolvedValue(sample);
  lab.start.mockResolvedValue(run('running'));
  provideLab(lab as unknown as Lab);
  currentRunStore.setState(NO_RUN);
  drySampleStore.setState(NO_DRY_SAMPLE);
  setDevice({
    name: 'd',
    kind: 'fast',
    speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
    features: [],
    maxBufferSize: 1,
    maxStorageBufferBindingSize: 1,
  });
  sessionStore.setState({ recipe: PRESETS.quick, fault: null, estimate: null, failure: null });
});

it('the bundled model starts without a sample', async () => {
  await startOrSample();
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(lab.drySample).not.toHaveBeenCalled();
});

it('another model makes a sample first, and starts when it has been seen', async () => {
  changeRecipe(stored);
  await startOrSample();
  expect(lab.start).not.toHaveBeenCalled();
  expect(drySampleStore.getState().sample).toBe(sample);
  currentRunStore.setState({ asked: null });
  await startOrSample();
  expect(lab.drySample).toHaveBeenCalledTimes(1);
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(drySampleStore.getState().shown).toBe(false);
});

it('a closed sample is remembered', async () => {
  changeRecipe(stored);
  await startOrSample();
  expect(drySampleStore.getState().shown).toBe(true);
  await closeDrySample();
  expect(drySampleStore.getState().shown).toBe(false);
  await startOrSample();
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(lab.drySample).toHaveBeenCalledTimes(1);
  expect(lab.cancelDrySample).not.toHaveBeenCalled();
});

it('a recipe that generates differently needs a new sample, one that only trains differently does not', async () => {
  changeRecipe(stored);
  await startOrSample();
  changeRecipe({ format: 'think' });
  await startOrSample();
  expect(lab.drySample).toHaveBeenCalledTimes(2);
  changeRecipe({ learningRate: 1e-5, sftPrompts: 16 });
  await startOrSample();
  expect(lab.drySample).toHaveBeenCalledTimes(2);
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(haveSameSample(PRESETS.quick, { ...PRESETS.quick, seed: 9 })).toBe(false);
});

it('the offered warm-up uses as many prompts as an iteration, within limits', async () => {
  for (const [promptsPerIteration, sftPrompts] of [
    [8, 16],
    [32, 32],
    [5000, 64],
  ] as const) {
    changeRecipe({ promptsPerIteration });
    currentRunStore.setState({ asked: null });
    await startWithWarmUp();
    expect(lab.start).toHaveBeenLastCalledWith(expect.objectContaining({ sftPrompts }));
  }
});

it('a cancelled sample is removed without a message', async () => {
  let cancelled = (_: unknown) => {};
  lab.drySample.mockImplementation(() => new Promise((_, reject) => (cancelled = reject)));
  const trying = startDrySample();
  expect(drySampleStore.getState()).toMatchObject({ recipe: PRESETS.quick, sample: null });
  receiveEvents([
    { type: 'dry-sample', progress: { phase: 'load', done: 1, total: 2, tokens: 0, tokensPerSecond: null } },
  ]);
  expect(drySampleStore.getState().progress).toMatchObject({ done: 1 });
  await closeDrySample();
  expect(lab.cancelDrySample).toHaveBeenCalledTimes(1);
  cancelled(new LabError('cancelled', 'cancelled'));
  await trying;
  expect(drySampleStore.getState()).toEqual(NO_DRY_SAMPLE);
  expect(sessionStore.getState().failure).toBeNull();
});

it('shows why a sample failed', async () => {
  lab.drySample.mockRejectedValue(new LabError('does-not-fit', 'Too large.'));
  await startDrySample();
  expect(sessionStore.getState().failure).toMatchObject({ code: 'does-not-fit' });
  expect(drySampleStore.getState()).toEqual(NO_DRY_SAMPLE);
});

it('a run replaces the sample, and no sample starts during a run', async () => {
  await startDrySample();
  expect(drySampleStore.getState().shown).toBe(true);
  receiveEvents([{ type: 'run', run: run('running') }]);
  expect(drySampleStore.getState().shown).toBe(false);
  await startDrySample();
  expect(lab.drySample).toHaveBeenCalledTimes(1);
});
