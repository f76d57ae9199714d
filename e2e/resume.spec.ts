/** A run that is killed or loses its device, in any phase, ends with the same bits as an uninterrupted run. */

import type { Page } from '@playwright/test';
import type { Recipe } from '../src/recipe/recipe';
import type { Progress } from '../src/records/progress';
import {
  adapterHash,
  ask,
  attempt,
  ended,
  type RunOutcome as Outcome,
  openLab,
  outcomeOf,
  SMALL,
  until,
} from './lab-run';
import { expect, test } from './site';

test.describe.configure({ timeout: 300_000 });

/** A recipe that goes through every phase. Its lanes hold one prompt, so that prompts end one after the other. */
const EVERYTHING: Recipe = { ...SMALL, lanes: SMALL.k, sftPrompts: 2, sftEpochs: 1, sftLearningRate: 1e-3 };

const PHASES: readonly (readonly [string, (progress: Progress) => boolean])[] = [
  ['while the model is loaded', ({ phase }) => phase === 'load'],
  ['while the seed model is evaluated', ({ phase, iteration }) => phase === 'evaluate' && iteration === 0],
  ['while the warm-up is written', ({ phase, iteration }) => phase === 'generate' && iteration === 0],
  ['between the steps of the warm-up', ({ phase, done }) => phase === 'warm-up' && done > 1],
  ['while candidates are written', ({ phase, iteration }) => phase === 'generate' && iteration === 1],
  ['with some prompts done', ({ phase, iteration, done }) => phase === 'generate' && iteration === 1 && done > 0],
  ['before its first step', ({ phase }) => phase === 'reference' || phase === 'train'],
  ['between its steps', ({ phase, done }) => phase === 'train' && done > 1],
  ['while the adapter is evaluated', ({ phase, iteration }) => phase === 'evaluate' && iteration === 1],
  ['in the other arm', ({ phase, arm }) => phase === 'train' && arm === 'direct'],
];

let leftAlone: Outcome | null = null;

/** The result of an uninterrupted run, which is the same on every page. */
async function expectedOutcome(page: Page): Promise<Outcome> {
  if (leftAlone) return leftAlone;
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), EVERYTHING);
  expect((await ended(page, id)).status).toBe('finished');
  leftAlone = await outcomeOf(page, id);
  return leftAlone;
}

test('a run that is killed in every phase', async ({ context, page }) => {
  await openLab(page);
  const expected = await expectedOutcome(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), EVERYTHING);
  let tab = page;
  for (const [phase, matches] of PHASES) {
    expect(await until(tab, id, matches), phase).not.toBeNull();
    await tab.close();
    tab = await context.newPage();
    await openLab(tab);
    const current = await ask(tab, (lab) => lab.current(), null);
    expect(current?.summary).toMatchObject({ id, status: 'stopped' });
    await ask(tab, ({ resume }, runId) => resume(runId), id);
  }
  expect((await ended(tab, id)).status).toBe('finished');
  expect(await outcomeOf(tab, id)).toEqual(expected);
});

test('a run whose device is lost in every phase', async ({ page }) => {
  await openLab(page);
  const expected = await expectedOutcome(page);
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args);
      Object.assign(globalThis, { loseDevice: () => device.destroy() });
      return device;
    };
  });
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), EVERYTHING);
  for (const [phase, matches] of PHASES) {
    expect(await until(page, id, matches), phase).not.toBeNull();
    await worker?.evaluate('loseDevice()');
  }
  expect((await ended(page, id)).status).toBe('finished');
  expect(await outcomeOf(page, id)).toEqual(expected);
});

test('another tab shows the run, and may continue it when the first tab is closed', async ({ context, page }) => {
  await openLab(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), SMALL);
  await until(page, id, ({ phase }) => phase === 'evaluate');

  const other = await context.newPage();
  await openLab(other);
  const current = await ask(other, (lab) => lab.current(), null);
  expect(current?.summary).toMatchObject({ id, status: 'running' });
  expect(await attempt(other, ({ start }, recipe) => start(recipe), SMALL)).toMatchObject({
    failure: { code: 'running-elsewhere' },
  });
  expect(await attempt(other, ({ deleteRun }, runId) => deleteRun(runId), id)).toMatchObject({
    failure: { code: 'running-elsewhere' },
  });
  await page.close();
  await expect
    .poll(async () => (await ask(other, ({ run }, runId) => run(runId), id)).summary.status, { timeout: 10_000 })
    .toBe('stopped');
  await ask(other, ({ resume }, runId) => resume(runId), id);
  expect((await ended(other, id)).status).toBe('finished');
});

test('an exported adapter is imported, and another run starts from it', async ({ page }) => {
  const tiny: Recipe = { ...SMALL, arms: ['thinking'], evaluationPrompts: 1 };
  await openLab(page);
  const first = await ask(page, ({ start }, recipe) => start(recipe), tiny);
  expect((await ended(page, first.id)).status).toBe('finished');
  const { id } = await ask(
    page,
    async ({ exportAdapter, importAdapter }, runId) =>
      importAdapter([{ name: 'mine.zip', bytes: await exportAdapter(runId, 'thinking') }]),
    first.id,
  );
  await page.evaluate(() => {
    location.hash = '#/runs';
  });
  await expect(page.getByRole('region', { name: 'Imported adapters' }).getByRole('listitem')).toContainText(
    /mine.*rank 16/s,
  );
  const wrong = await attempt(page, ({ start }, recipe) => start(recipe), { ...tiny, adapter: id, rank: 8 });
  expect(wrong).toMatchObject({ failure: { code: 'bad-recipe', message: expect.stringContaining('set rank to 16') } });

  const second = await ask(page, ({ start }, recipe) => start(recipe), { ...tiny, adapter: id });
  await until(page, second.id, ({ phase }) => phase === 'evaluate');
  await ask(page, ({ stop }) => stop(), null);
  await ended(page, second.id);
  expect(await adapterHash(page, second.id, 'thinking')).toBe(await adapterHash(page, first.id, 'thinking'));
  // From now on the run has its own copy of the adapter.
  await ask(page, ({ deleteAdapter }, adapter) => deleteAdapter(adapter), id);
  await ask(page, ({ resume }, runId) => resume(runId), second.id);
  expect((await ended(page, second.id)).status).toBe('finished');
  expect(await adapterHash(page, second.id, 'thinking')).not.toBe(await adapterHash(page, first.id, 'thinking'));
});

test('the adapter of an earlier iteration is restored, and another run starts from it', async ({ page }) => {
  const two: Recipe = { ...SMALL, arms: ['thinking'], iterations: 2, evaluationPrompts: 1 };
  await openLab(page);
  const first = await ask(page, ({ start }, recipe) => start(recipe), two);
  expect((await ended(page, first.id)).status).toBe('finished');
  const hash = (iteration?: number) => adapterHash(page, first.id, 'thinking', iteration);
  const [one, last, newest] = [await hash(1), await hash(2), await hash()];
  expect(last).toBe(newest);
  expect(one).not.toBe(last);
  expect(await attempt(page, ({ exportAdapter }, id) => exportAdapter(id, 'thinking', 3), first.id)).toMatchObject({
    failure: { code: 'not-found' },
  });

  const kept = await ask(page, ({ keepAdapter }, id) => keepAdapter(id, 'thinking', 1), first.id);
  expect(kept).toMatchObject({
    name: expect.stringMatching(/, thinking, iteration 1$/),
    settings: { rank: two.rank },
  });
  const second = await ask(page, ({ start }, recipe) => start(recipe), { ...two, adapter: kept.id });
  await until(page, second.id, ({ phase }) => phase === 'evaluate');
  await ask(page, ({ stop }) => stop(), null);
  await ended(page, second.id);
  expect(await adapterHash(page, second.id, 'thinking')).toBe(one);

  const csv = await ask(page, ({ exportEvaluations }, id) => exportEvaluations(id), first.id);
  expect(csv.split('\r\n').filter(Boolean)).toHaveLength(1 + 3);
  const { best, evaluations } = await ask(page, ({ run }, id) => run(id), first.id);
  expect(best).toHaveProperty('thinking');
  expect(evaluations.map(({ winRates }) => winRates.map(({ against }) => against))).toEqual([[], ['seed'], ['seed']]);
});
