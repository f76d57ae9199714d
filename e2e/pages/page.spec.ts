/** The page with a scripted API, in states that a real run reaches late or by chance. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { accessibilityViolations } from '../accessibility';
import { complaintsOf, expect, recordTexts, test } from '../harness/harness';

const start = (page: Page) => page.getByRole('button', { name: 'Start', exact: true }).click();
const shownPrompt = (page: Page) => page.locator('.candidates-at').innerText();

/** A model that is not bundled, so that Start makes a dry sample first. */
const STORED = '#/lab?preset=quick&model=local%2Fmine-0123456789ab';

const PLACES: readonly {
  readonly name: string;
  readonly address: string;
  readonly ready: string;
  readonly started?: boolean;
}[] = [
  { name: 'first visit', address: '?scene=first', ready: '.welcome' },
  { name: 'first visit with the recipe', address: '?scene=first&recipe', ready: '.cost-sums' },
  { name: 'no WebGPU', address: '?scene=no-webgpu', ready: '.welcome-missing' },
  { name: 'a recipe that does not fit', address: '?scene=refused&recipe', ready: '.cost-refused' },
  { name: 'a run with a warning', address: '?scene=warning', ready: '.card-chosen, .card', started: true },
  { name: 'a run and its recipe', address: '?scene=first&recipe', ready: '.card', started: true },
  {
    name: 'a dry sample, most malformed',
    address: `?scene=loses-format${STORED}`,
    ready: '.dry-cards',
    started: true,
  },
  {
    name: 'a dry sample and the recipe',
    address: `?scene=keeps-format&recipe${STORED}`,
    ready: '.dry-cards',
    started: true,
  },
  {
    name: 'a run in its warm-up',
    address: '?scene=loses-format#/lab?preset=quick&sftPrompts=32',
    ready: '.card',
    started: true,
  },
  { name: 'an unfinished run', address: '?scene=unfinished', ready: '.notice-offer' },
  { name: 'runs', address: '?scene=finished#/runs', ready: '.run-item' },
  { name: 'runs and imported adapters', address: '?scene=imported#/runs', ready: '.adapter' },
  { name: 'no runs', address: '?scene=first#/runs', ready: '.adapters' },
  { name: 'Models', address: '?scene=models#/models', ready: '.model-costs' },
  { name: 'Models, none but the bundled one', address: '?scene=no-models#/models', ready: '.model-note' },
  { name: 'Pairs', address: '?scene=judged#/pairs', ready: '.pair-detail .card' },
  { name: 'a prompt that waits for a vote', address: '?scene=by-hand#/pairs/run-3/vote', ready: '.ballot-card' },
  { name: 'two runs compared', address: '?scene=finished#/runs/run-3?with=run-2', ready: '.evaluation-table' },
  { name: 'a run on mixed prompts', address: '?scene=mixed#/runs/run-5', ready: '.evaluation-table' },
];

for (const { name, address, ready, started } of PLACES) {
  test(`axe finds nothing in light and dark: ${name}`, async ({ page, harness }) => {
    const complaints = complaintsOf(page);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(`${harness}${address.replace('?', '?theme=light&')}`);
    if (started) await start(page);
    await expect(page.locator(ready).first()).toBeVisible();
    expect(await accessibilityViolations(page), 'light').toEqual([]);
    await page.getByRole('button', { name: 'Theme: light. Change' }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    expect(await accessibilityViolations(page), 'dark').toEqual([]);
    expect(complaints).toEqual([]);
  });
}

test.describe('keys', () => {
  test('the shortcut list and the command palette open by keys and restore the focus', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first`);
    const button = page.getByRole('button', { name: 'Start', exact: true });
    await button.focus();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(button).toBeFocused();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('runs');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/#\/runs$/);
    await expect(page.getByRole('heading', { name: 'No runs yet.' })).toBeVisible();
  });

  test('arrow keys go through the prompts and stop following; F follows again', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first`);
    await start(page);
    await expect(page.getByRole('button', { name: 'Following' })).toBeVisible();
    await page.keyboard.press('Home');
    await expect(page.locator('.candidates-at')).toHaveText(/^1 of/);
    await page.keyboard.press('ArrowRight');
    await expect(page.locator('.candidates-at')).toHaveText(/^2 of/);
    await page.keyboard.press('ArrowLeft');
    await expect(page.locator('.candidates-at')).toHaveText(/^1 of/);
    await page.waitForTimeout(2500);
    expect(await shownPrompt(page)).toMatch(/^1 of/);
    await page.keyboard.press('f');
    await expect(page.locator('.candidates-at')).not.toHaveText(/^1 of/, { timeout: 10_000 });
  });

  test('space pauses and continues; S steps only while paused', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first`);
    await start(page);
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
    await page.locator('body').click({ position: { x: 640, y: 690 } });
    await page.keyboard.press(' ');
    await expect(page.getByRole('button', { name: 'Continue' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Step once' })).toBeEnabled();
    await page.keyboard.press(' ');
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Step once' })).toBeDisabled();
  });

  test('single-key shortcuts can be switched off', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first`);
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
    await page.keyboard.press('?');
    await page.getByLabel(/Use single-key shortcuts/).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});

test('1280 × 720 shows the Lab whole', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=first`);
  await start(page);
  await expect(page.locator('.candidates-at')).toHaveText(/of 31\d/);
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  const fits = await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight);
  expect(fits).toBe(true);
  for (const part of ['.loop', '.candidates', '.charts .uplot', '.progress-hand'])
    await expect(page.locator(part).first()).toBeInViewport({ ratio: 0.99 });
  await expect(page.locator('.card')).toHaveCount(8);
  await expect(page.locator('.card').last()).toBeInViewport({ ratio: 0.95 });
});

for (const [name, width, height] of [
  ['390 pixels', 390, 844],
  ['200% zoom', 640, 360],
] as const) {
  test(`nothing runs out of the page sideways at ${name}`, async ({ page, harness }) => {
    await page.setViewportSize({ width, height });
    const places = [
      ['?scene=first', '.uplot'],
      [`?scene=loses-format${STORED}`, '.dry-cards'],
      ['?scene=finished#/runs/run-3', '.uplot'],
      ['?scene=mixed#/runs/run-5', '.uplot'],
      ['?scene=models#/models', '.model-note'],
      ['?scene=judged#/pairs', '.pair-detail .card'],
      ['?scene=by-hand#/pairs/run-3/vote', '.ballot-card'],
      ['?scene=prompts#/prompts', '.set-item'],
      ['?scene=prompts#/prompts/kitchen-sums-0a1b2c3d', '.prompts-main table, .prompts-main [role="grid"]'],
      ['?scene=prompts#/prompts/add', '.prompts-main input'],
      ['?scene=prompts#/prompts/make', '.prompts-main input, .prompts-main textarea'],
    ] as const;
    for (const [address, ready] of places) {
      await page.goto('about:blank');
      await page.goto(`${harness}${address}`);
      if (!/#\/(runs|models|pairs|prompts)/.test(address)) await start(page);
      await expect(page.locator(ready).first()).toBeAttached();
      const wide = await page.evaluate(() => document.querySelector('main')?.scrollWidth ?? 0);
      expect(wide).toBeLessThanOrEqual(width);
      // Content that overflows a scrolling part does not widen the main element, so these parts are checked too.
      const parts = await page
        .locator('.pair-detail, .voting, .prompts-main, .prompts-side')
        .evaluateAll((all) =>
          all.map(({ className, scrollWidth, clientWidth }) => `${className} ${scrollWidth - clientWidth}`),
        );
      expect(parts.filter((part) => !part.endsWith(' 0'))).toEqual([]);
    }
  });
}

test.describe('the recipe', () => {
  test('is taken from the address, and starts nothing', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first&recipe#/lab?preset=quick&k=4`);
    await page.getByText('Sampling', { exact: true }).click();
    await expect(page.getByRole('textbox', { name: 'Candidates per prompt, K' })).toHaveValue('4');
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
    await page.getByRole('textbox', { name: 'Candidates per prompt, K' }).fill('6');
    await expect(page).toHaveURL(/preset=quick&k=6$/);
    await page.getByRole('button', { name: 'Reset Candidates per prompt, K' }).click();
    await expect(page.getByRole('textbox', { name: 'Candidates per prompt, K' })).toHaveValue('8');
  });

  test('leaves the number of lanes to the run, or names one', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first&recipe#/lab?preset=quick`);
    await page.getByText('Machine', { exact: true }).click();
    const lanes = page.getByRole('textbox', { name: 'Lanes' });
    await expect(lanes).toHaveValue('64');
    await lanes.fill('auto');
    await expect(page).toHaveURL(/preset=quick&lanes=auto$/);
    await expect(page.getByText('auto (64)')).toBeVisible();
    await lanes.fill('many');
    await expect(page.getByRole('alert')).toHaveText('Enter a number or auto.');
    await lanes.fill('16');
    await expect(page).toHaveURL(/preset=quick&lanes=16$/);
    await expect(page.getByText('auto (64)')).toBeHidden();
    await lanes.fill('64');
    await expect(page).toHaveURL(/preset=quick$/);
  });

  test('is refused with a reason if it is invalid', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=first#/lab?preset=quick&k=1`);
    await expect(page.getByRole('alert')).toContainText('k:');
    await page.goto('about:blank');
    await page.goto(`${harness}?scene=first&recipe`);
    await page.getByText('Sampling', { exact: true }).click();
    await page.getByLabel('Top-p').fill('2');
    await expect(page.getByRole('alert')).toHaveText('Enter at most 1.');
    await page.getByLabel('Temperature').fill('0');
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeDisabled();
  });

  test('cannot be started if it does not fit, and leads to the value to change', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=refused`);
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeDisabled();
    await page.getByRole('button', { name: 'Change “Lanes”' }).click();
    await expect(page.getByLabel('Lanes')).toBeFocused();
  });
});

test.describe('a dry sample', () => {
  test('comes before a run of a model that is not bundled', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=keeps-format${STORED}`);
    const statuses = await recordTexts(page, '[role="status"]');
    await start(page);
    const panel = page.getByRole('region', { name: 'Does this model follow the format?' });
    await expect(panel.getByRole('status')).toContainText('1 of 8 malformed: 1 without the response marker.');
    expect(await statuses()).toEqual(
      expect.arrayContaining([
        'Loading the model: 40 of 272 tensors',
        '5 of 8 completions finished: 1,310 tokens, 91 tokens/s',
      ]),
    );
    await expect(panel.locator('.card')).toHaveCount(8);
    await expect(panel.locator('.card-malformed')).toHaveCount(1);
    await expect(panel.locator('.card-thought').first()).toHaveText('My guess is 42.');
    await panel.getByRole('button', { name: 'Raw text' }).click();
    await expect(panel.locator('pre').first()).toContainText('Here is my thought process:');
    await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
    await panel.getByRole('button', { name: 'Start the run' }).click();
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
    await expect(panel).toHaveCount(0);
  });

  test('offers a warm-up if most completions are malformed', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=loses-format${STORED}`);
    await start(page);
    const panel = page.getByRole('region', { name: 'Does this model follow the format?' });
    await expect(panel.getByRole('status')).toContainText(
      '5 of 8 malformed: 3 without the response marker, 2 not ended after 512 tokens.',
    );
    await expect(panel.getByRole('button', { name: 'Start the run' })).toHaveCount(0);
    await expect(panel.getByRole('button', { name: 'Start anyway' })).toBeEnabled();
    await panel.getByRole('button', { name: 'Warm up first, on 32 prompts' }).click();
    await expect(page).toHaveURL(/sftPrompts=32/);
    await expect(page.getByRole('contentinfo')).toContainText('Warming up');
    await expect(page.getByRole('contentinfo')).toContainText('6 / 16 steps');
    await expect(page.locator('.stage[data-lit="true"]')).toHaveText('6 / 16');
    await expect(page.getByRole('figure', { name: 'Warm-up loss' }).locator('canvas')).toBeAttached();
    await expect(page.getByText('warm-up, training prompt 32')).toBeVisible();
  });

  test('can be cancelled, leads to the format, and is repeated with another format', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=loses-format${STORED}`);
    await start(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled();
    await start(page);
    await page.getByRole('button', { name: 'Change “Thought prompt”' }).click();
    const format = page.getByLabel('Thought prompt', { exact: true });
    await expect(format).toBeFocused();
    await format.selectOption('think');
    await expect(page.getByText('The recipe has changed since')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Warm up first' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Try the format on 8 prompts' }).click();
    await expect(page.getByText('The recipe has changed since')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Start anyway' })).toBeVisible();
  });

  test('is optional for the bundled model', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=keeps-format&recipe`);
    await page.getByText('Thinking', { exact: true }).click();
    await page.getByRole('button', { name: 'Try the format on 8 prompts' }).click();
    await expect(page.locator('.dry-cards .card')).toHaveCount(8);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Try the format on 8 prompts' })).toBeFocused();
    await start(page);
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Try the format on 8 prompts' })).toHaveCount(0);
  });
});

test('text of the model is never rendered as HTML', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await page.goto(`${harness}?scene=hostile`);
  await start(page);
  await expect(page.locator('.card-response strong').first()).toHaveText('bold');
  await expect(page.locator('.candidates img, .candidates a, .candidates b')).toHaveCount(0);
  await expect(page.locator('.card-thought').first()).toContainText('**bold**');
  expect(await page.title()).not.toBe('1');
  expect(complaints).toEqual([]);
});

test('an unfinished run can be continued', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=unfinished`);
  const offer = page.getByRole('status').filter({ hasText: '“Run 4” is not finished.' });
  await offer.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(offer).toHaveCount(0);
});

test('a run in another tab is shown and cannot be controlled', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=other-tab`);
  await expect(page.getByText('A run is active in another tab.')).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('20 / 32 prompts');
  for (const name of ['Start', 'Start a new run', 'Continue', 'Pause', 'Stop and save']) {
    await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0);
  }
});

test('the deletion of a run can be undone', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=finished#/runs/run-2`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: /Length control 0.2/ })).toBeVisible();
  await page.waitForTimeout(8500);
  await expect(page.locator('.run-item')).toHaveCount(3);
});

test('an adapter is imported, used in a recipe, exported and deleted', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=first#/runs`);
  const files = page.getByLabel('Files of an adapter');
  const file = (name: string) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from('PK') });
  await files.setInputFiles(file('weights.safetensors'));
  await expect(page.getByRole('alert')).toContainText('adapter_config.json is missing. Nothing was imported.');
  await files.setInputFiles(file('mine.zip'));
  await expect(page.getByRole('alert')).toHaveCount(0);
  const place = page.getByRole('region', { name: 'Imported adapters' });
  await expect(place.locator('.adapter')).toContainText('rank 16 · α 32 · all projections');

  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['PK'], 'dropped.zip'));
    return transfer;
  });
  await place.dispatchEvent('drop', { dataTransfer: data });
  await expect(place.locator('.adapter')).toHaveCount(2);

  const zip = page.waitForEvent('download');
  await place.getByRole('button', { name: 'Export mine' }).click();
  expect((await zip).suggestedFilename()).toBe('mine.zip');
  await place.getByRole('button', { name: 'Delete dropped' }).click();
  await place.getByRole('button', { name: 'Undo' }).click();
  await expect(place.locator('.adapter')).toHaveCount(2);
  await place.getByRole('button', { name: 'Delete dropped' }).click();
  await expect(place.getByText('dropped')).toHaveCount(0, { timeout: 12_000 });

  await place.getByRole('link', { name: 'Start a run from it' }).click();
  await expect(page).toHaveURL(/#\/lab\?preset=quick&adapter=adapter-1$/);
});

test('charts are exported as CSV and PNG, and shown as tables', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=finished#/runs/run-3`);
  const hero = page.getByRole('figure', { name: /Held-out accuracy/ });
  await hero.hover();
  await expect(hero.locator('canvas')).toBeVisible();
  const csv = page.waitForEvent('download');
  await hero.getByRole('button', { name: /CSV/ }).click();
  expect((await csv).suggestedFilename()).toBe('held-out-accuracy-thinking-against-direct.csv');
  const png = page.waitForEvent('download');
  await hero.getByRole('button', { name: /PNG/ }).click();
  expect((await png).suggestedFilename()).toMatch(/\.png$/);
  await hero.getByRole('button', { name: /Table/ }).click();
  await expect(hero.getByRole('table').getByRole('row')).toHaveCount(5);
});

test.describe('evaluations', () => {
  test('mark the best checkpoint, which can be exported or start a new run', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=finished#/runs/run-3`);
    const place = page.getByRole('region', { name: 'Evaluations on held-out prompts' });
    await expect(place).toContainText('M₂ is best on held-out prompts by accuracy, 70.0%; M₃ is the newest.');
    await expect(place.getByRole('row', { name: /^M₂ best/ })).toContainText('thinks first');
    await expect(place).toContainText('Trained and evaluated by the same judge, rule.');
    const zip = page.waitForEvent('download');
    await place.getByRole('button', { name: 'Best adapter, thinks first' }).click();
    expect((await zip).suggestedFilename()).toBe('run-3-adapter-2.zip');
    const first = page.waitForEvent('download');
    await place.getByRole('button', { name: 'Adapter after iteration 1, answers at once' }).click();
    expect((await first).suggestedFilename()).toBe('run-3-adapter-direct-1.zip');
    await place.getByRole('button', { name: 'Start a new run from it' }).click();
    await expect(page).toHaveURL(/#\/lab\?.*adapter=adapter-1/);
  });

  test('let a run start from the best checkpoint of the direct arm too', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=mixed#/runs/run-5`);
    await expect(page.getByRole('button', { name: 'Start a new run from it: thinks first' })).toBeVisible();
    await page.goto(`${harness}?scene=direct-best#/runs/run-3`);
    await page.getByRole('button', { name: 'Start a new run from it: answers at once' }).click();
    await expect(page).toHaveURL(/#\/lab\?.*adapter=adapter-1/);
  });

  test('of sets with and without answers are ranked by win rate, with the number of prompts of each result', async ({
    page,
    harness,
  }) => {
    const complaints = complaintsOf(page);
    await page.goto(`${harness}?scene=mixed#/runs/run-5`);
    const place = page.getByRole('region', { name: 'Evaluations on held-out prompts' });
    await expect(place).toContainText('M₂ is best on held-out prompts by win rate against the seed model, 65.0%');
    await expect(page.getByRole('figure', { name: 'Held-out win rate against the seed model' })).toBeVisible();
    await expect(place.getByRole('row', { name: /^M₂ best/ })).toContainText('120 of 300 prompts');
    await expect(place.getByRole('row', { name: /^M₂ best/ })).toContainText(
      '288 of 300 prompts31 samples without a verdict',
    );
    // All samples are malformed, so there are no lengths.
    await expect(place.getByRole('row', { name: /^M₃/ })).toContainText('100.0%––300 × 2');
    await expect(page.getByText('came to no verdict on 61 of 580 held-out samples')).toHaveCount(2);
    expect(complaints).toEqual([]);
  });

  test('are shown by category for each arm, as a table, CSV and PNG', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=mixed#/runs/run-5`);
    const table = page.getByRole('region', { name: /^By category, after M₃/ });
    await expect(table.getByRole('row')).toHaveCount(7);
    await expect(table.getByRole('row', { name: /^story/ })).toContainText('30');
    await page.goto(`${harness}?scene=finished#/runs/run-3`);
    await page.getByLabel('Iteration of the table by category').selectOption('1');
    const both = page.getByRole('region', { name: 'By category, after M₁, Run 3' });
    await expect(both.getByRole('columnheader', { name: /answers at once.*wins against seed/ })).toBeVisible();
    await expect(both.getByRole('row', { name: /^add/ })).toContainText('76.0%');
    for (const ending of ['CSV', 'PNG']) {
      const file = page.waitForEvent('download');
      await page.getByRole('button', { name: `By category, after M₁, Run 3, ${ending}` }).click();
      expect((await file).suggestedFilename()).toBe(`run-3-categories-1.${ending.toLowerCase()}`);
    }
  });

  test('are exported as an image of the table', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=finished#/runs/run-3`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Evaluations of Run 3, PNG' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('run-3-evaluations.png');
    const png = await readFile(await file.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    // The PNG header has the width and height. The picture shows all columns and eight rows of two lines.
    expect(png.readUInt32BE(16)).toBeGreaterThan(800);
    expect(png.readUInt32BE(20)).toBeGreaterThan(8 * 32);
  });

  test('show win rates with intervals, and are exported as CSV', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=finished#/runs/run-3`);
    const place = page.getByRole('region', { name: 'Evaluations on held-out prompts' });
    const last = place.getByRole('row', { name: /^M₃.*thinks first/ });
    for (const text of ['81.0%', '76.5% – 85.3%', '70.5%', '67.1% – 73.7%', '64.9%', '300 × 2'])
      await expect(last).toContainText(text);
    const csv = page.waitForEvent('download');
    await place.getByRole('button', { name: 'Evaluations of Run 3, CSV' }).click();
    expect((await csv).suggestedFilename()).toBe('run-3-evaluations.csv');
    const wins = place.getByRole('figure', { name: 'Win rate by iteration' });
    await expect(wins.locator('canvas')).toBeVisible();
    await wins.hover();
    await wins.getByRole('button', { name: /Table/ }).click();
    await expect(wins.getByRole('row').nth(1)).toContainText('46%');
  });

  test('show where thinking helps, by category and model, as chart, table, CSV and PNG', async ({ page, harness }) => {
    await page.goto(`${harness}?scene=finished#/runs/run-3`);
    const bars = page.getByRole('figure', { name: 'Thinking − direct by category' });
    await expect(bars.getByRole('img')).toHaveAccessibleName(
      /percentage points of accuracy, after M₃.*add: \+62; .*sort: −8/,
    );
    await page.getByLabel('Iteration of the chart by category').selectOption('0');
    await expect(bars.getByRole('img')).toHaveAccessibleName(/after M₀.*add: \+22/);
    await bars.hover();
    await bars.getByRole('button', { name: /Table/ }).click();
    await expect(bars.getByRole('row').nth(1)).toContainText('22.0%');
    for (const [name, ending] of [
      ['CSV', '.csv'],
      ['PNG', '.png'],
    ] as const) {
      const file = page.waitForEvent('download');
      await bars.getByRole('button', { name: new RegExp(name) }).click();
      expect((await file).suggestedFilename()).toBe(`thinking-direct-by-category${ending}`);
    }
    const drawn = await bars.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.some((value) => value > 0);
    });
    expect(drawn).toBe(true);
  });
});
