/** Prompt sets in the built page: read in its own worker, fetched from a Hub, written by the bundled model, used by a run. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { root } from '../cli/root';
import { ask, attempt, ended, openLab, SMALL, until } from './lab-run';
import { complaintsOf, expect, test } from './site';

const place = async (page: Page, path: string) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/prompts${path}`);
};

test('a file comes in, trains a run, stays after a reload, and is protected while the run runs', async ({ page }) => {
  const complaints = complaintsOf(page);
  await openLab(page);
  await place(page, '/add');
  await page.getByLabel('File of prompts').setInputFiles(join(root, 'e2e', 'fixtures', 'prompts', 'zstd.parquet'));
  await expect(page.getByText('60 rows of Parquet. It looks like Alpaca’s')).toBeVisible();
  await page.getByLabel('Held out').selectOption('20%');
  await page.getByLabel('Name', { exact: true }).fill('Sums');
  await page.getByRole('button', { name: 'tokens', exact: true }).click();
  await expect(page.getByText(/^Median \d+, longest \d+ tokens of tiny-thinker\.$/)).toBeVisible();
  await page.getByRole('button', { name: 'Keep 60 prompts' }).click();
  await expect(page.getByRole('heading', { name: 'Sums, training', level: 1 })).toBeVisible();
  const [training, heldout] = (await ask(page, ({ promptSets }) => promptSets(), null)).filter(
    ({ bundled }) => !bundled,
  );
  expect([training?.split?.side, heldout?.split?.side].sort()).toEqual(['held-out', 'training']);
  expect((training?.rows ?? 0) + (heldout?.rows ?? 0)).toBe(60);

  await openLab(page);
  const sets = (await ask(page, ({ promptSets }) => promptSets(), null)).filter(({ bundled }) => !bundled);
  const idOf = (side: string) => sets.find(({ split }) => split?.side === side)?.id ?? '';
  // Long enough to be stopped in the middle.
  const recipe = { ...SMALL, iterations: 4, prompts: idOf('training'), heldout: idOf('held-out'), maxNewTokens: 48 };
  const { id } = await ask(page, ({ start }, wanted) => start(wanted), recipe);
  expect(await attempt(page, ({ deletePromptSet }, set) => deletePromptSet(set), recipe.heldout)).toMatchObject({
    failure: {
      code: 'running-elsewhere',
      message: expect.stringContaining('is not finished, and needs this set to go on.'),
    },
  });
  expect(
    await attempt(
      page,
      ({ makePrompts }, from) =>
        makePrompts({
          model: 'tiny-thinker',
          from,
          apartFrom: from,
          examples: 1,
          seed: 1,
          temperature: 1,
          topP: 1,
          written: 1,
          maxNewTokens: 8,
        }),
      recipe.prompts,
    ),
  ).toMatchObject({ failure: { code: 'running-elsewhere' } });
  await until(page, id, ({ iteration }) => iteration === 2);
  await ask(page, ({ stop }) => stop(), null);
  expect((await ended(page, id)).status).toBe('stopped');
  const rollouts = await ask(page, ({ rollouts: of }, run) => of(run, { purpose: 'train' }), id);
  expect(rollouts[0]?.prompt.instruction).toMatch(/^How much is \d+ plus \d+\?$/);
  // Stopped, it may go on, and needs the whole set for that: said as the button is pressed.
  await place(page, `/${recipe.prompts}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('alert')).toContainText('is not finished, and needs this set to go on.');
  await ask(page, ({ deleteRun }, run) => deleteRun(run), id);
  await ask(page, ({ deletePromptSet }, set) => deletePromptSet(set), recipe.prompts);
  expect(complaints).toEqual([]);
});

test('the bundled model writes prompts, and what it wrote is counted', async ({ page }) => {
  await openLab(page);
  await place(page, '/make');
  await page.getByLabel('How many to write').fill('12');
  await page.getByLabel('Examples in each request').fill('3');
  await page.getByLabel('Longest, in tokens').fill('48');
  await page.getByRole('button', { name: 'Write 12' }).click();

  await expect(page.getByRole('heading', { name: /^\d+ of 12 prompts can be kept$/ })).toBeVisible({
    timeout: 200_000,
  });
  const said = Number((await page.getByRole('heading', { level: 1 }).textContent())?.split(' ')[0]);
  const sortedOut = page.getByRole('list', { name: 'Sorted out' }).getByRole('listitem');
  expect(said + (await sortedOut.count())).toBe(12);
  const wish = {
    model: 'tiny-thinker',
    from: 'tiny-train',
    apartFrom: 'tiny-heldout',
    seed: 1,
    temperature: 0.6,
    topP: 0.9,
    written: 12,
  };
  const made = await ask(page, ({ makePrompts }, of) => makePrompts({ ...of, examples: 3, maxNewTokens: 48 }), wish);
  // The same seed writes the same.
  expect(made.kept).toHaveLength(said);
  test.info().annotations.push({ type: 'written', description: JSON.stringify(made) });
  const cancelled = await ask(
    page,
    async ({ makePrompts, cancelMakePrompts }, of) => {
      const making = makePrompts({ ...of, examples: 3, maxNewTokens: 48 }).catch((error) => ({ code: error.code }));
      await cancelMakePrompts();
      return making;
    },
    wish,
  );
  expect(cancelled).toMatchObject({ code: 'cancelled' });
});

const commit = 'e53f048856ff4f594e959d75785d2c2d37b678ee';

/** One data set, as huggingface.co answers. */
async function answerAsHub(context: BrowserContext, name: string, content: Buffer): Promise<void> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  await context.route('https://huggingface.co/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    const headers = { 'access-control-allow-origin': '*' };
    if (pathname.startsWith('/api/datasets/lab/sums/revision/')) {
      const json = {
        _id: '1',
        id: 'lab/sums',
        sha: commit,
        gated: false,
        tags: ['license:mit'],
        lastModified: '2025-01-01T00:00:00.000Z',
      };
      await route.fulfill({ headers, json });
    } else if (pathname.startsWith(`/api/datasets/lab/sums/tree/${commit}`)) {
      const lfs = { oid: sha256, size: content.length, pointerSize: 134 };
      await route.fulfill({
        headers,
        json: [{ type: 'file', path: name, size: content.length, oid: 'ab'.repeat(20), lfs }],
      });
    } else if (pathname === `/datasets/lab/sums/resolve/${commit}/${name}`) {
      await route.fulfill({ headers, contentType: 'application/octet-stream', body: content });
    } else await route.fulfill({ status: 404, headers });
  });
}

test('a data set of the Hub is fetched at its commit, and only when it is asked for', async ({ page, context }) => {
  await answerAsHub(
    context,
    'data/train.parquet',
    readFileSync(join(root, 'e2e', 'fixtures', 'prompts', 'gzip.parquet')),
  );
  const asked: string[] = [];
  context.on('request', (request) => {
    if (request.url().includes('/resolve/')) asked.push(request.url());
  });
  await openLab(page);
  await place(page, '/add');
  await page.getByLabel('Data set’s id or link').fill('https://huggingface.co/datasets/lab/sums');
  await page.keyboard.press('Enter');
  const button = page.getByRole('button', { name: 'Fetch 2.0 kB: data/train.parquet' });
  await expect(button).toBeVisible();
  expect(asked).toEqual([]);
  await button.click();
  await expect(page.getByText('60 rows of Parquet')).toBeVisible();
  expect(asked).toEqual([`https://huggingface.co/datasets/lab/sums/resolve/${commit}/data/train.parquet`]);
  await page.getByRole('button', { name: 'Keep 60 prompts' }).click();
  await expect(
    page.getByText('From data/train.parquet of lab/sums on the Hugging Face Hub at commit e53f048, mit'),
  ).toBeVisible();
});
