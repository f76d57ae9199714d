/** Dry samples in the built page, computed by its worker. */
import { ask, attempt, ended, openLab, SMALL, until } from './lab-run';
import { expect, test } from './site';

test('a dry sample equals what the run generates, stores nothing, and does not start during a run', async ({
  page,
}) => {
  await openLab(page);
  const sample = await ask(page, ({ drySample }, recipe) => drySample(recipe), SMALL);
  expect(sample.completions).toHaveLength(8);
  expect(sample).toMatchObject({ arm: 'thinking', limit: SMALL.maxNewTokens });
  expect(await ask(page, ({ runs }) => runs(), null)).toEqual([]);

  const { id } = await ask(page, ({ start }, recipe) => start(recipe), SMALL);
  expect(await attempt(page, ({ drySample }, recipe) => drySample(recipe), SMALL)).toMatchObject({
    failure: { code: 'running-elsewhere', message: 'A run is running in this tab.' },
  });
  await until(page, id, ({ phase }) => phase === 'reference' || phase === 'train');
  await ask(page, ({ stop }) => stop(), null);
  await ended(page, id);
  const filter = { purpose: 'train', iteration: 1, arm: 'thinking' } as const;
  const rollouts = await ask(page, ({ rollouts }, of) => rollouts(of.id, of.filter), { id, filter });
  expect(rollouts).toHaveLength(SMALL.promptsPerIteration);
  const firstOf = rollouts.map(({ prompt, candidates }) => [
    prompt.id,
    candidates[0]?.text,
    candidates[0]?.tokens.length,
  ]);
  expect(
    sample.completions.slice(0, rollouts.length).map(({ promptId, text, tokens }) => [promptId, text, tokens]),
  ).toEqual(firstOf);
});

test('a dry sample is cancelled by the user and by a run that starts', async ({ page }) => {
  await openLab(page);
  const cancelled = { code: 'cancelled' };
  const byHand = await ask(
    page,
    async ({ drySample, cancelDrySample }, recipe) => {
      const taking = drySample(recipe).catch((error) => ({ code: error.code }));
      await cancelDrySample();
      return taking;
    },
    SMALL,
  );
  expect(byHand).toMatchObject(cancelled);
  const byStart = await ask(
    page,
    async ({ drySample, start, stop }, recipe) => {
      const taking = drySample(recipe).catch((error) => ({ code: error.code }));
      await start(recipe);
      await stop();
      return taking;
    },
    SMALL,
  );
  expect(byStart).toMatchObject(cancelled);
});
