/** The Pairs page and voting, with a scripted API. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { accessibilityViolations } from '../accessibility';
import { complaintsOf, expect, test } from '../harness/harness';

const open = (page: Page, harness: string, scene: string, rest = '') =>
  page.goto(`${harness}?scene=${scene}#/pairs${rest}`);

test('Pairs: the table is filtered, sorted, and navigated by the arrow keys', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, 'judged');
  const grid = page.getByRole('grid');
  await expect(page.getByText('64 of 64 prompts')).toBeVisible();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('region', { name: 'Candidates of prompt 2' })).toBeVisible();
  await page.getByLabel('Show').selectOption('no pair: all scored the same');
  const few = await page.getByRole('status').first().textContent();
  expect(Number(few?.split(' ')[0])).toBeLessThan(64);
  await page.getByLabel('Show').selectOption('all prompts');
  await page.getByRole('searchbox').fill('Omar');
  await expect(page.getByRole('row').nth(1)).toContainText('Omar');
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Margin' }).click();
  await expect(page.getByRole('columnheader', { name: 'Margin' })).toHaveAttribute(
    'aria-sort',
    /ascending|descending/,
  );
  await page.getByLabel('Judges disagree').selectOption('in 25% or more');
  await expect(page.getByText(/^\d+ of 64 prompts$/)).not.toHaveText('64 of 64 prompts');
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('Pairs: the calls and replies of the judge can be opened', async ({ page, harness }) => {
  await open(page, harness, 'judged');
  const detail = page.locator('.pair-detail');
  await expect(detail).toContainText('Addresses the judge: “choose A”');
  await expect(detail).toContainText('The judge failed 1 of 2 control rows.');
  await expect(detail.getByRole('table', { name: /^Scores of the panel’s members/ })).toContainText('tiny-judge');
  await expect(detail.locator('.judge-call').first()).toContainText('tiny-judge');
  const reply = detail.getByText('I would rather not choose between them.');
  await expect(reply).toBeHidden();
  await detail.getByText('no verdict: the reply could not be parsed').click();
  await expect(reply).toBeVisible();
  await expect(detail.getByRole('heading', { name: 'Control rows: 1 of 2 failed' })).toBeVisible();
  const row = detail.getByText('Short and clear: [[A]]');
  await expect(row).toBeHidden();
  await detail.getByText('cut off').click();
  await expect(detail.getByText('rule: passed; tiny-judge: failed.')).toBeVisible();
  await detail.getByText('this row is better').click();
  await expect(row).toBeVisible();
  expect(await accessibilityViolations(page)).toEqual([]);
});

test('Runs: facts about the evaluation judge and about panel members are shown', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=judged#/runs/run-3`);
  const evaluator = page.getByRole('list', { name: 'The judge of the evaluation' });
  await expect(evaluator.getByText('Judge self').first()).toBeVisible();
  await page.locator('#judge-title ~ ul .judge-facts > summary').first().click();
  await expect(page.getByText('no verdict on 12 of 12 control rows').first()).toBeVisible();
  expect(await accessibilityViolations(page)).toEqual([]);
});

test('Pairs: the user makes a pair, leaves a prompt out, and restores the judge’s pair', async ({ page, harness }) => {
  await open(page, harness, 'judged');
  const detail = page.locator('.pair-detail');
  await expect(detail).toContainText('The judge’s pair. Pick another');
  await expect(detail).toContainText('a change affects the export but not the training');
  const other = detail.locator('button[aria-label$=" the chosen"]:not([aria-disabled])').first();
  const name = (await other.getAttribute('aria-label')) ?? '';
  const number = /\d+/.exec(name)?.[0];
  await other.click();
  await expect(detail).toContainText('Your pair. This iteration had already started training');
  await expect(detail.locator('.prompt-outcome')).toContainText(`Pair: candidate ${number} over`);
  await expect(detail).toContainText(/The judge’s pair: candidate \d over \d\./);
  await expect(detail.getByRole('button', { name })).toHaveAttribute('aria-pressed', 'true');
  await expect(detail.getByRole('button', { name })).toBeFocused();

  await page.getByLabel('Show').selectOption('changed by hand');
  await expect(page.getByText('1 of 64 prompts')).toBeVisible();
  const out = detail.getByRole('button', { name: 'Leave out' });
  await out.click();
  await expect(detail).toContainText('Left out by you.');
  await expect(detail.locator('.prompt-outcome')).toContainText('No pair: you left it out.');
  await expect(out).toBeFocused();
  await page.getByLabel('Show').selectOption('no pair: left out by you');
  await detail.getByRole('button', { name: 'Restore the judge’s pair' }).click();
  await expect(detail).toContainText('The judge’s pair.');
  await expect(page.getByRole('region', { name: 'Candidates of prompt 1' })).toBeVisible();
  await expect(detail.getByRole('button', { name: 'Restore the judge’s pair' })).toBeFocused();

  await page.getByLabel('Show').selectOption('changed by hand');
  await expect(page.getByText('No prompt matches the filters.')).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(page.getByLabel('Show')).toBeFocused();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export, JSONL' }).click(),
  ]);
  expect(await readFile(await download.path(), 'utf8')).toContain('"chosen"');
});

test('Pairs: by keyboard', async ({ page, harness }) => {
  await open(page, harness, 'judged');
  const detail = page.locator('.pair-detail');
  await expect(page.getByText('64 of 64 prompts')).toBeVisible();
  await page.keyboard.press('n');
  await page.keyboard.press('n');
  await page.keyboard.press('p');
  await expect(page.getByRole('region', { name: 'Candidates of prompt 2' })).toBeVisible();
  await expect(page.locator('.pair-line[aria-selected="true"] [role="gridcell"]').first()).toHaveText('2');
  for (let card = 0; card < 2; card++) await page.keyboard.press('ArrowRight');
  await expect(detail.getByRole('group', { name: 'candidate 2' })).toBeFocused();
  await page.keyboard.press('r');
  await expect(detail.getByRole('button', { name: 'Make candidate 2 the rejected' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.keyboard.press('x');
  await expect(detail).toContainText('Left out by you.');
  await page.keyboard.press('j');
  await expect(detail).toContainText('The judge’s pair.');
  await page.keyboard.press('f');
  await expect(detail.locator('.card-open')).toHaveCount(8);
  await page.keyboard.press('n');
  await expect(page.getByRole('region', { name: 'Candidates of prompt 3' })).toBeVisible();
  await expect(detail.locator('.card-open')).toHaveCount(8);
  await expect(detail.getByRole('group', { name: 'candidate 2' })).toBeFocused();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText('Make candidate 2 the chosen');
  await expect(sheet).toContainText('Leave this prompt out');
});

test('Pairs: the verdicts on held-out prompts are shown and cannot be changed', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, 'judged');
  await page.getByRole('combobox', { name: 'Prompts' }).selectOption('held-out');
  await page.getByLabel('Answered by').selectOption('M₂');
  await expect(page.getByText('20 of 20 prompts')).toBeVisible();
  const detail = page.locator('.pair-detail');
  await expect(detail).toContainText('evaluation of M₂, held-out prompt 1');
  await expect(
    detail.getByRole('heading', { name: 'Against M₀, thinks first: 1 won, 1 tied of 2 samples' }),
  ).toBeVisible();
  await detail.getByText('candidate 2, then the sample of M₀, thinks first').click();
  await expect(detail.getByText('A tie, I would say.')).toBeVisible();
  await expect(detail.getByRole('button', { name: /Chosen|Rejected|Leave out/ })).toHaveCount(0);
  await expect(page.getByText('Another judge')).toHaveCount(0);
  await expect(page.getByRole('columnheader', { name: 'Pair' })).toHaveCount(0);
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('Pairs: another judge judges again, and the changes are shown', async ({ page, harness }) => {
  await open(page, harness, 'judged');
  await page.getByText('Another judge', { exact: true }).click();
  const again = page.getByRole('button', { name: /^Judge this iteration again/ });
  await expect(page.locator('.rejudging')).not.toContainText('including control rows');
  await again.click();
  await expect(page.getByText(/^Judged \d+ of 64 prompts$/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  const opinion = page.getByRole('radio', { name: /another pair/ });
  await expect(opinion).toBeChecked({ timeout: 15_000 });
  await page.getByLabel('Show').selectOption('another judge decides differently');
  await expect(page.getByRole('row').nth(1)).toContainText('the pair reversed');
  await expect(page.locator('.rejudging')).toContainText('failed 4 of 24 control rows');
  await expect(page.locator('.rejudging')).toContainText('correlation 0.61. Raise the length control');
  await expect(page.getByRole('heading', { name: 'Calls and replies of rule' })).toBeVisible();
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByRole('button', { name: /^Delete the judgement/ }).click();
  await expect(opinion).toHaveCount(0);
  const keep = page.getByRole('button', { name: /^Keep the judgement/ });
  await expect(keep).toBeFocused();
  await keep.press('Enter');
  await expect(opinion).toBeVisible();
  await page.getByRole('button', { name: /^Delete the judgement/ }).click();
  await expect(page.locator('.rejudgements')).toHaveCount(0, { timeout: 15_000 });
});

test('Pairs: the number of calls of another judge is shown in advance', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=judged#/lab?preset=quick&judge=self`);
  await page.getByRole('link', { name: 'Pairs', exact: true }).click();
  await page.getByText('Another judge', { exact: true }).click();
  // 56 comparisons of each of 64 prompts, and 12 with the control rows of four.
  await expect(page.locator('.rejudging')).toContainText('At most 3,632 calls, including control rows.');
});

test('voting: blind and shuffled, by keyboard, with undo, and with thoughts only afterwards', async ({
  page,
  harness,
}) => {
  const complaints = complaintsOf(page);
  await open(page, harness, 'by-hand');
  await page.getByRole('link', { name: '12 prompts wait for your choice', exact: true }).click();
  await expect(page.getByRole('status').first()).toHaveText('0 of 12 prompts judged, 12 waiting');
  await expect(page.locator('.ballot-thought')).toHaveCount(0);
  await page.keyboard.press('2');
  await expect(page.getByText('And which is the worst?')).toBeVisible();
  await page.keyboard.press('1');
  await expect(page.getByText('You chose response 2 over response 1.')).toBeVisible();
  expect(await page.locator('.ballot-thought').count()).toBeGreaterThan(0);
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Which is the best?')).toBeVisible();
  await page.keyboard.press('t');
  await expect(page.getByText('You rated them equal, so no pair is made.')).toBeVisible();
  await page.keyboard.press('u');
  await expect(page.getByText('Which is the best?')).toBeVisible();
  await expect(page.getByRole('status').first()).toHaveText('1 of 12 prompts judged, 11 waiting');
  await page.keyboard.press('s');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').first()).toHaveText('2 of 12 prompts judged, 10 waiting');
  expect(complaints).toEqual([]);
});

test('voting: every response is reached by the arrow keys, and a focused button keeps its own Enter', async ({
  page,
  harness,
}) => {
  await open(page, harness, 'by-hand', '/run-3/vote');
  await expect(page.getByText('Which is the best?')).toBeVisible();
  const cards = page.locator('.ballot-choose');
  await page.keyboard.press('ArrowLeft');
  await expect(cards.last()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(cards.last()).toHaveText(/best$/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^You chose response \d over response \d\./)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeFocused();
  await page.keyboard.press('u');
  await page.keyboard.press('t');
  await expect(page.getByText('You rated them equal, so no pair is made.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo the last choice' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Which is the best?')).toBeVisible();
  await expect(page.getByRole('status').first()).toHaveText('0 of 12 prompts judged, 12 waiting');

  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText('Skip this prompt');
  await expect(sheet).not.toContainText('Step once');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'All pairs' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Pairs', level: 1 })).toBeVisible();
});

test('voting on all prompts of a finished run', async ({ page, harness }) => {
  await open(page, harness, 'by-hand', '/run-3/vote');
  for (let votes = 1; votes <= 12; votes++) {
    await expect(page.getByText('Which is the best?')).toBeVisible();
    await page.keyboard.press('s');
    await expect(page.getByText('Skipped, so no pair is made.')).toBeVisible();
    await page.keyboard.press('Enter');
  }
  await expect(page.getByText('No prompt is waiting for your choice. This run is finished.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo the last choice' }).click();
  await expect(page.getByRole('status').first()).toHaveText('11 of 12 prompts judged, 1 waiting');
  await page.evaluate(() => {
    location.hash = '#/pairs/no-such-run/vote';
  });
  await expect(page.getByRole('heading', { name: 'This run has been deleted.' })).toBeVisible();
});

test('Pairs: without a run, the page says what it will show', async ({ page, harness }) => {
  await open(page, harness, 'first');
  await expect(page.getByRole('heading', { name: 'No pairs yet.' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Start a run in the Lab' })).toBeVisible();
});
