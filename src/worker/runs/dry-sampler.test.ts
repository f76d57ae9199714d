import { expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { DryProgress } from '../../records/candidates';
import { RECIPE } from '../../tpo/testing/loop-fixture';
import { ScriptedPolicy } from '../../tpo/testing/scripted-policy';
import { DrySampler } from './dry-sampler';

const fine = async () => {};
const numbered = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `p${from + i}`, instruction: `${from + i}?` }));
/** Ten training prompts; the first of them is held out too. */
const prompts = async (set: string) =>
  set === RECIPE.heldout ? [...numbered(0, 1), ...numbered(10, 2)] : numbered(0, 10);

/** A sampler that counts its policies. @param loading awaited while a policy is opened */
function sampler(loading: () => Promise<void> = async () => {}) {
  const reported: DryProgress[] = [];
  const devices = { opened: 0, open: 0 };
  const recipes: Recipe[] = [];
  const dry = new DrySampler({
    openPolicy: async (recipe, { onProgress }) => {
      recipes.push(recipe);
      devices.opened++;
      onProgress({ phase: 'load', done: 0, total: 3 });
      await loading();
      devices.open++;
      const policy = new ScriptedPolicy();
      policy.dispose = () => void devices.open--;
      return policy;
    },
    prompts,
    now: () => 0,
    onProgress: (progress) => reported.push(progress),
  });
  return { dry, reported, devices, recipes };
}

it('opens a policy, reports its loading, and closes it', async () => {
  const { dry, reported, devices } = sampler();
  expect((await dry.take(RECIPE, fine)).completions).toHaveLength(8);
  expect(reported[0]).toEqual({ phase: 'load', done: 0, total: 3, tokens: 0, tokensPerSecond: null });
  expect(devices).toEqual({ opened: 1, open: 0 });
});

it('samples only prompts that the run would train on, and opens a policy with room for all of them', async () => {
  const { dry, recipes } = sampler();
  const { completions } = await dry.take({ ...RECIPE, promptsPerIteration: 2 }, fine);
  expect(completions).toHaveLength(8);
  expect(completions.map(({ promptId }) => promptId)).not.toContain('p0');
  expect(recipes).toMatchObject([{ promptsPerIteration: 8 }]);
  await dry.take({ ...RECIPE, promptsPerIteration: 20 }, fine);
  expect(recipes).toMatchObject([{ promptsPerIteration: 8 }, { promptsPerIteration: 20 }]);
});

it('closes the policy if something fails, and can be taken again', async () => {
  let fail = true;
  const { dry, devices } = sampler(async () => {
    if (fail) throw new LabError('out-of-memory', 'full');
  });
  await expect(dry.take(RECIPE, fine)).rejects.toMatchObject({ code: 'out-of-memory' });
  fail = false;
  await dry.take(RECIPE, fine);
  expect(devices.open).toBe(0);
});

it('can be cancelled during the check, and is not taken if the check fails', async () => {
  const { dry, devices } = sampler();
  let checked = () => {};
  const checking = new Promise<void>((resolve) => (checked = resolve));
  const rejected = expect(dry.take(RECIPE, () => checking)).rejects.toMatchObject({ code: 'cancelled' });
  const cancelled = dry.cancel();
  checked();
  await Promise.all([rejected, cancelled]);
  const busy = async () => {
    throw new LabError('running-elsewhere', 'busy');
  };
  await expect(dry.take(RECIPE, busy)).rejects.toMatchObject({ code: 'running-elsewhere' });
  expect(devices.opened).toBe(0);
});

it('can be cancelled while it is loading or writing, and `cancel` waits until the device is free', async () => {
  let loaded = () => {};
  const loading = () => new Promise<void>((resolve) => (loaded = resolve));
  const { dry, devices } = sampler(loading);
  const sample = dry.take(RECIPE, fine);
  const rejected = expect(sample).rejects.toMatchObject({ code: 'cancelled' });
  const cancelled = dry.cancel().then(() => devices.open);
  loaded();
  await rejected;
  expect(await cancelled).toBe(0);
  await dry.cancel();
});

it('is cancelled by a newer one', async () => {
  const { dry, devices } = sampler();
  const first = expect(dry.take(RECIPE, fine)).rejects.toMatchObject({ code: 'cancelled' });
  const second = expect(dry.take(RECIPE, fine)).rejects.toMatchObject({ code: 'cancelled' });
  const third = dry.take(RECIPE, fine);
  await Promise.all([first, second]);
  expect((await third).completions).toHaveLength(8);
  expect(devices.open).toBe(0);
});
