/** A person judges a real run, and another judge judges its candidates again. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { ask, ended, openLab, SMALL } from './lab-run';
import { complaintsOf, expect, test } from './site';

const RECIPE = { ...SMALL, judge: 'human', evaluationJudge: 'rule', arms: ['thinking' as const] } as const;

/** Chooses the first response as the best and the second as the worst, until no prompt is waiting. */
async function voteOn(page: Page, most: number): Promise<number> {
  const best = page.getByText('Which is the best?');
  for (let votes = 0; votes < most; votes++) {
    await expect(best.or(page.getByText('No prompt is waiting for your choice.'))).toBeVisible();
    if (!(await best.isVisible())) return votes;
    await page.keyboard.press('1');
    await page.keyboard.press('2');
    await expect(page.getByText('You chose response 1 over response 2.')).toBeVisible();
    await page.keyboard.press('Enter');
  }
  return most;
}

test('a person judges a run across a reload, and the rule can judge its candidates again', async ({ page }) => {
  test.setTimeout(120_000);
  const complaints = complaintsOf(page);
  await openLab(page);
  const { id } = await ask(page, ({ start }, recipe) => start(recipe), { ...RECIPE, arms: [...RECIPE.arms] });
  await expect(page.getByText(/prompts? waits? for your choice\./)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Choose', exact: true }).click();
  expect(await voteOn(page, 1)).toBe(1);

  await page.reload();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText(/^1 of \d prompts judged/)).toBeVisible();
  await expect
    .poll(async () => (await ask(page, ({ run }, runId) => run(runId), id)).progress?.phase, { timeout: 60_000 })
    .toBe('vote');
  await voteOn(page, SMALL.promptsPerIteration);
  expect((await ended(page, id)).status).toBe('finished');

  const rollouts = await ask(page, ({ rollouts }, runId) => rollouts(runId, { purpose: 'train' }), id);
  expect(rollouts).toHaveLength(SMALL.promptsPerIteration);
  for (const { judgement, pair, candidates } of rollouts) {
    expect(judgement?.judge).toBe('human');
    const scores = candidates.flatMap(({ score }) => (score === null ? [] : [score]));
    if (pair !== null && 'chosen' in pair) expect(candidates[pair.chosen]?.score).toBe(Math.max(...scores));
  }
  expect(rollouts.some(({ pair }) => pair !== null && 'chosen' in pair)).toBe(true);

  const again = await ask(
    page,
    ({ rejudge }, { runId, recipe }) => rejudge(runId, { iteration: 1, arm: 'thinking' }, recipe),
    {
      runId: id,
      recipe: SMALL,
    },
  );
  expect(again).toMatchObject({ judge: 'rule', done: rollouts.length, total: rollouts.length });
  const pairs = await ask(page, ({ rejudgedPairs }, made) => rejudgedPairs(made.runId, made.id), {
    runId: id,
    id: again.id,
  });
  expect(pairs).toHaveLength(rollouts.length);
  for (const { position, scores } of pairs) {
    const { candidates } = rollouts.find((rollout) => rollout.position === position) ?? { candidates: [] };
    expect(scores).toEqual(candidates.map(({ correct, malformed }) => (malformed === null ? Number(correct) : null)));
  }

  // A pair changed by hand is still there after a reload, and is part of the export.
  const paired = rollouts.find(({ pair }) => pair !== null && 'chosen' in pair);
  const pair = paired?.pair !== null && paired?.pair !== undefined && 'chosen' in paired.pair ? paired.pair : null;
  const number = (paired?.position ?? 0) + 1;
  const show = async () => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/pairs/${id}`);
    await page
      .getByRole('gridcell', { name: String(number), exact: true })
      .first()
      .click();
    await expect(page.getByRole('region', { name: `Candidates of prompt ${number}` })).toBeVisible();
  };
  const detail = page.locator('.pair-detail');
  const reversed = `Make candidate ${(pair?.rejected ?? 0) + 1} the chosen`;
  await show();
  await detail.getByRole('button', { name: reversed }).click();
  await expect(detail).toContainText('Your pair. This iteration had already started training');
  await openLab(page);
  await show();
  await expect(detail.getByRole('button', { name: reversed })).toHaveAttribute('aria-pressed', 'true');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export, JSONL' }).click(),
  ]);
  const rows = (await readFile(await download.path(), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const row = rows.find(({ prompt_id }) => prompt_id === paired?.prompt.id);
  expect(row.response_chosen).toBe(paired?.candidates[pair?.rejected ?? 0]?.response);
  expect(row.response_rejected).toBe(paired?.candidates[pair?.chosen ?? 0]?.response);
  expect(complaints).toEqual([]);
});
