import { beforeEach, expect, it, vi } from 'vitest';
import type { Lab } from '../client/client';
import { LabError } from '../lib/errors';
import { PRESETS } from '../recipe/presets';
import type { DrySample } from '../records/dry-sample';
import type { RunSummary } from '../records/runs';
import { runSummary } from '../tpo/testing/records';
import { NO_DRY_SAMPLE, samplesAlike, useDrySample } from './dry-sample';
import { closeDrySample, startOrTry, startWithWarmUp, tryFormat } from './dry-sample-actions';
import { receive } from './intake';
import { provideLab } from './lab';
import { NO_RUN, useRun } from './run';
import { changeRecipe, setDevice, useSession } from './session';

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
  useRun.setState(NO_RUN);
  useDrySample.setState(NO_DRY_SAMPLE);
  setDevice({ name: 'd', kind: 'fast', gflops: 1, features: [], maxBufferSize: 1, maxStorageBufferBindingSize: 1 });
  useSession.setState({ recipe: PRESETS.quick, fault: null, estimate: null, failure: null });
});

it('the bundled model starts at once', async () => {
  await startOrTry();
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(lab.drySample).not.toHaveBeenCalled();
});

it('another one shows first what it writes; who has seen it starts it', async () => {
  changeRecipe(stored);
  await startOrTry();
  expect(lab.start).not.toHaveBeenCalled();
  expect(useDrySample.getState().sample).toBe(sample);
  useRun.setState({ asked: null });
  await startOrTry();
  expect(lab.drySample).toHaveBeenCalledTimes(1);
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(useDrySample.getState().shown).toBe(false);
});

it('one that was closed is remembered', async () => {
  changeRecipe(stored);
  await startOrTry();
  expect(useDrySample.getState().shown).toBe(true);
  await closeDrySample();
  expect(useDrySample.getState().shown).toBe(false);
  await startOrTry();
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(lab.drySample).toHaveBeenCalledTimes(1);
  expect(lab.cancelDrySample).not.toHaveBeenCalled();
});

it('a recipe that would write something else is tried again, one that trains otherwise is not', async () => {
  changeRecipe(stored);
  await startOrTry();
  changeRecipe({ format: 'think' });
  await startOrTry();
  expect(lab.drySample).toHaveBeenCalledTimes(2);
  changeRecipe({ learningRate: 1e-5, sftPrompts: 16 });
  await startOrTry();
  expect(lab.drySample).toHaveBeenCalledTimes(2);
  expect(lab.start).toHaveBeenCalledTimes(1);
  expect(samplesAlike(PRESETS.quick, { ...PRESETS.quick, seed: 9 })).toBe(false);
});

it('the warm-up that is offered takes as many prompts as an iteration, within bounds', async () => {
  for (const [promptsPerIteration, sftPrompts] of [
    [8, 16],
    [32, 32],
    [5000, 64],
  ] as const) {
    changeRecipe({ promptsPerIteration });
    useRun.setState({ asked: null });
    await startWithWarmUp();
    expect(lab.start).toHaveBeenLastCalledWith(expect.objectContaining({ sftPrompts }));
  }
});

it('one that is cancelled is gone, and says nothing', async () => {
  let cancelled = (_: unknown) => {};
  lab.drySample.mockImplementation(() => new Promise((_, reject) => (cancelled = reject)));
  const trying = tryFormat();
  expect(useDrySample.getState()).toMatchObject({ recipe: PRESETS.quick, sample: null });
  receive([{ type: 'dry-sample', progress: { phase: 'load', done: 1, total: 2, tokens: 0, tokensPerSecond: null } }]);
  expect(useDrySample.getState().progress).toMatchObject({ done: 1 });
  await closeDrySample();
  expect(lab.cancelDrySample).toHaveBeenCalledTimes(1);
  cancelled(new LabError('cancelled', 'cancelled'));
  await trying;
  expect(useDrySample.getState()).toEqual(NO_DRY_SAMPLE);
  expect(useSession.getState().failure).toBeNull();
});

it('what keeps it from being taken is said', async () => {
  lab.drySample.mockRejectedValue(new LabError('does-not-fit', 'Too large.'));
  await tryFormat();
  expect(useSession.getState().failure).toMatchObject({ code: 'does-not-fit' });
  expect(useDrySample.getState()).toEqual(NO_DRY_SAMPLE);
});

it('it gives way to a run, and is not taken while one runs', async () => {
  await tryFormat();
  expect(useDrySample.getState().shown).toBe(true);
  receive([{ type: 'run', run: run('running') }]);
  expect(useDrySample.getState().shown).toBe(false);
  await tryFormat();
  expect(lab.drySample).toHaveBeenCalledTimes(1);
});
