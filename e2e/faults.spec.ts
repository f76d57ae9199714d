/** What a run is not given, and what becomes of it then: one clear sentence, and nothing lost. */
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
    // This adapter is large: everything is allowed, and the numbers still say what it takes.
    expect(estimate.bytes).toBeGreaterThan(fitting.bytes);
    return;
  }
  expect(estimate.field).not.toBeNull();
  expect(await attempt(page, ({ start }, recipe) => start(recipe), large)).toMatchObject({
    failure: { code: 'does-not-fit' },
  });
  expect(await ask(page, (lab) => lab.runs(), null)).toEqual([]);
});

test('a prompt longer than the context is named before anything starts', async ({ page }) => {
  await openLab(page);
  const rows = ['why?', `why ${'so '.repeat(400)}?`].map((instruction, i) =>
    JSON.stringify({ id: `row-${i}`, instruction }),
  );
  const set = await ask(page, (lab, text) => lab.importPrompts('long', text), rows.join('\n'));
  const recipe = { ...SMALL, prompts: set.id };
  const estimate = await ask(page, (lab, wanted) => lab.estimate(wanted), recipe);
  expect(estimate.refused).toContain('row-1');
  expect(await attempt(page, ({ start }, wanted) => start(wanted), recipe)).toMatchObject({
    failure: { code: 'prompt-too-long' },
  });
});

test('an unknown model and an unknown set of prompts', async ({ page }) => {
  await openLab(page);
  for (const change of [{ model: 'nothing-like-it' }, { model: '../prompts' }, { prompts: 'no-such-set' }]) {
    const outcome = await attempt(page, ({ start }, recipe) => start(recipe), { ...SMALL, ...change });
    expect(outcome).toMatchObject({ failure: { code: 'not-found' } });
  }
  expect(await ask(page, (lab) => lab.runs(), null)).toEqual([]);
});

test('a judge that cannot be loaded: the run waits, and goes on when asked', async ({ context, page }) => {
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

test('a full disk ends the run with everything before it, and it goes on when there is room', async ({ page }) => {
  await openLab(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), { ...SMALL, arms: ['direct' as const] });
  await until(page, id, ({ phase }) => phase === 'generate');
  // Chromium looks at its real quota only now and then; this is how a write fails when it does.
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

test('a loss that is no number stops the run before it is saved', async ({ page }) => {
  await openLab(page);
  // B begins with zeros, so A's first gradient is zero, and Adam without its epsilon divides zero by zero.
  const spoilt = { ...SMALL, arms: ['direct' as const], adamEpsilon: 0, warmup: 0 };
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), spoilt);
  const failed = await ended(page, id);
  expect(failed).toMatchObject({ status: 'failed', failure: { code: 'not-finite' } });
  const { steps } = await ask(page, ({ run }, runId) => run(runId), id);
  expect(steps).toEqual([]);
});
