/** Runs that lack something, such as memory, a judge or disk space: each gives one clear message and loses nothing. */
import { ask, attempt, ended, openLab, SMALL, until } from './lab-run';
import { expect, test } from './site';

test.describe.configure({ timeout: 300_000 });

test('a recipe that does not fit is refused with the value to change', async ({ page }) => {
  await openLab(page);
  const large = { ...SMALL, lanes: 1024, maxNewTokens: 150, rank: 256, pairsPerStep: 1024 };
  const estimate = await ask(page, (lab, recipe) => lab.estimate(recipe), large);
  const fitting = await ask(page, (lab, recipe) => lab.estimate(recipe), SMALL);
  expect(fitting).toMatchObject({ refused: null, field: null });
  expect(fitting.bytes).toBe(fitting.parts.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(fitting.seconds).toBeGreaterThan(1);
  if (estimate.refused === null) {
    // This adapter has large limits, so the recipe is allowed, but the estimate still shows its memory.
    expect(estimate.bytes).toBeGreaterThan(fitting.bytes);
    return;
  }
  expect(estimate.field).not.toBeNull();
  expect(await attempt(page, ({ start }, recipe) => start(recipe), large)).toMatchObject({
    failure: { code: 'does-not-fit' },
  });
  expect(await ask(page, (lab) => lab.runs(), null)).toEqual([]);
});

test('a prompt longer than the context is named before a run starts', async ({ page }) => {
  await openLab(page);
  const rows = ['why?', `why ${'so '.repeat(400)}?`].map((instruction, i) =>
    JSON.stringify({ id: `row-${i}`, instruction }),
  );
  const set = await ask(page, (lab, text) => lab.importPrompts('long', text), rows.join('\n'));
  const recipe = { ...SMALL, prompts: set.id };
  const estimate = await ask(page, (lab, input) => lab.estimate(input), recipe);
  expect(estimate.refused).toContain('row-1');
  expect(await attempt(page, ({ start }, input) => start(input), recipe)).toMatchObject({
    failure: { code: 'prompt-too-long' },
  });
});

test('an unknown model and an unknown prompt set are refused', async ({ page }) => {
  await openLab(page);
  for (const change of [{ model: 'nothing-like-it' }, { model: '../prompts' }, { prompts: 'no-such-set' }]) {
    const outcome = await attempt(page, ({ start }, recipe) => start(recipe), { ...SMALL, ...change });
    expect(outcome).toMatchObject({ failure: { code: 'not-found' } });
  }
  expect(await ask(page, (lab) => lab.runs(), null)).toEqual([]);
});

test('a run waits when its judge cannot be loaded, and can be continued', async ({ context, page }) => {
  await context.route('**/tiny-judge/model.onnx', (route) => route.abort());
  await openLab(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), {
    ...SMALL,
    judge: 'onnx' as const,
    arms: ['direct' as const],
  });
  await until(page, id, () => false);
  const waiting = await ask(page, ({ run }, runId) => run(runId), id);
  expect(waiting.summary).toMatchObject({ status: 'paused', failure: { code: 'judge-failed' } });

  await context.unroute('**/tiny-judge/model.onnx');
  await ask(page, (lab) => lab.unpause(), null);
  await expect.poll(async () => (await ask(page, ({ run }, runId) => run(runId), id)).summary.status).toBe('running');
  expect(await ended(page, id)).toMatchObject({ status: 'finished', failure: null });
});

test('a full disk stops the run without losing anything, and it can be continued when there is space', async ({
  page,
}) => {
  await openLab(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), { ...SMALL, arms: ['direct' as const] });
  await until(page, id, ({ phase }) => phase === 'generate');
  // Chromium checks its quota only now and then, so the test makes a write fail as it then would.
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    Object.assign(globalThis, {
      makeRoom: () => {
        IDBObjectStore.prototype.put = put;
      },
    });
  });
  expect(await ended(page, id)).toMatchObject({ status: 'failed', failure: { code: 'storage-full' } });
  await worker?.evaluate('makeRoom()');
  const { evaluations } = await ask(page, ({ run }, runId) => run(runId), id);
  expect(evaluations).toHaveLength(1);
  await ask(page, ({ resume }, runId) => resume(runId), id);
  expect(await ended(page, id)).toMatchObject({ status: 'finished', failure: null });
});

test('a loss that is not a number stops the run before anything is saved', async ({ page }) => {
  await openLab(page);
  // B starts at zero, so the first gradient of A is zero, and Adam without epsilon divides zero by zero.
  const spoilt = { ...SMALL, arms: ['direct' as const], adamEpsilon: 0, warmup: 0 };
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), spoilt);
  const failed = await ended(page, id);
  expect(failed).toMatchObject({ status: 'failed', failure: { code: 'not-finite' } });
  const { steps } = await ask(page, ({ run }, runId) => run(runId), id);
  expect(steps).toEqual([]);
});
