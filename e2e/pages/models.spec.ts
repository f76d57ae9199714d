/** The Models page with a scripted API. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityViolations } from '../accessibility';
import { complaintsOf, expect, recordTexts, test } from '../harness/harness';

const open = (page: Page, harness: string, scene: string) => page.goto(`${harness}?scene=${scene}#/models`);
const row = (page: Page, name: string) =>
  page.locator('.model-row').filter({ has: page.getByRole('heading', { name }) });
const file = (name: string, bytes = 8) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.alloc(bytes),
});

test('Models: a recommended model is looked up, downloaded, used, and the choice undone', async ({
  page,
  harness,
}) => {
  const complaints = complaintsOf(page);
  await open(page, harness, 'no-models');
  await expect(page.getByText('Models that you add are kept')).toBeVisible();
  await page.getByRole('button', { name: 'View files: Llama 3.2 1B Instruct' }).click();
  // The reference is pinned to a commit, and the recommended choice is listed first.
  await expect(page.getByLabel('Model id or link')).toHaveValue(
    'bartowski/Llama-3.2-1B-Instruct-GGUF@067b946cf014b7c697f3654f621d577a3e3afd1c',
  );
  const choices = page.locator('.choice');
  await expect(choices.first()).toContainText('Q8_0');
  await expect(page.locator('.hub-answer')).toBeFocused();
  await expect(page.locator('.model-download')).toHaveCount(0);

  await page.getByRole('button', { name: 'Download 773 MB: Llama-3.2-1B-Instruct-Q4_0.gguf' }).click();
  const download = page.locator('.model-download');
  await expect(download).toContainText(/\d+ MB of 773 MB · \d+% · 250 MB\/s · \d+ s left/);
  await expect(choices.filter({ hasText: 'Q4_0' })).toContainText('downloading');
  await download.getByRole('button', { name: /^Pause/ }).click();
  await expect(download).toContainText('paused');
  await download.getByRole('button', { name: /^Continue/ }).click();
  await expect(download).toContainText(/downloaded; checking the SHA-256|left/);
  await expect(download).toHaveCount(0, { timeout: 30_000 });
  await expect(choices.filter({ hasText: 'Q4_0' })).toContainText('stored');

  const stored = row(page, 'Llama-3.2-1B-Instruct-GGUF').first();
  await stored.getByRole('button', { name: /^Use in the Lab/ }).click();
  await expect(page).toHaveURL(/#\/lab\?.*model=hub%2Fbartowski/);
  const notice = page
    .getByRole('status')
    .filter({ hasText: 'The recipe now uses the model Llama-3.2-1B-Instruct-GGUF.' });
  await expect(notice).toContainText('completions of up to 128 tokens (96 without a thought); learning rate 1e-4');
  await notice.getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(/#\/lab\?preset=quick$/);
  await expect(notice).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test('Models: the recipe offers the stored models, and presets keep the settings that a real model needs', async ({
  page,
  harness,
}) => {
  await page.goto(`${harness}?scene=models&recipe#/lab`);
  const choice = page.getByLabel('Model', { exact: true });
  await expect(choice.getByRole('option')).toHaveCount(4);
  await expect(choice.getByRole('option', { name: 'Qwen2.5-0.5B-Instruct' })).toBeDisabled();
  await choice.selectOption({ label: 'SmolLM2-360M-Instruct (362M)' });
  await page.getByText('Sampling', { exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Longest completion, thinking' })).toHaveValue('128');
  await page.locator('.recipe-preset').getByRole('combobox').selectOption('careful');
  await expect(page.getByRole('textbox', { name: 'Longest completion, thinking' })).toHaveValue('128');
  await choice.selectOption({ label: 'tiny-thinker (1.1M)' });
  await expect(page.getByRole('textbox', { name: 'Longest completion, thinking' })).toHaveValue('80');
  await page.getByRole('link', { name: 'See and add models' }).click();
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
});

test('Models: an unknown repository is an error, and a gated one asks for a token', async ({ page, harness }) => {
  await open(page, harness, 'no-models');
  const field = page.getByLabel('Model id or link');
  await field.fill('nobody/nothing');
  await field.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The Hub has no model nobody/nothing.');

  await field.fill('https://huggingface.co/google/gemma-3-270m-it');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  const button = page.getByRole('button', { name: /^Download 570 MB/ });
  await expect(button).toBeDisabled();
  const token = page.getByLabel('Access token of your Hub account');
  await expect(token).toHaveAttribute('type', 'password');
  await token.fill('hf_made-up');
  await button.click();
  await expect(page.locator('.model-download')).toContainText('gemma-3-270m-it');
  expect(page.url()).not.toContain('hf_');
  expect(await accessibilityViolations(page)).toEqual([]);
});

test('Models: a download that does not fit into the storage cannot be started', async ({ page, harness }) => {
  await open(page, harness, 'little-room');
  await expect(page.getByText('Kept until you delete it.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ask to keep it' })).toHaveCount(0);
  await page.getByRole('button', { name: 'View files: Llama 3.2 1B Instruct' }).click();
  await expect(page.getByRole('button', { name: /^Download 1.3 GB/ })).toBeDisabled();
  await expect(page.locator('.choice').first()).toContainText('It does not fit: 900 MB of storage are free.');
  await expect(page.getByRole('button', { name: /^Download 773 MB/ })).toBeEnabled();
});

test('Models: an interrupted download says why, asks for the missing token, and can be cancelled', async ({
  page,
  harness,
}) => {
  await open(page, harness, 'models');
  const interrupted = row(page, 'gemma-3-270m-it');
  await expect(interrupted.getByRole('alert')).toContainText('The Hub asks for a token again.');
  await interrupted.getByLabel('Access token of your Hub account').fill('hf_made-up');
  await interrupted.getByRole('button', { name: /^Try again/ }).click();
  await expect(interrupted.getByRole('alert')).toHaveCount(0);
  await expect(interrupted).toContainText('downloading');
  await interrupted.getByRole('button', { name: /^Cancel/ }).click();
  await expect(interrupted).toHaveCount(0);
});

test('Models: a damaged model says so, and a deleted one can be restored', async ({ page, harness }) => {
  await open(page, harness, 'models');
  await expect(row(page, 'Qwen2.5-0.5B-Instruct')).toContainText('model.safetensors is damaged');
  await expect(row(page, 'Qwen2.5-0.5B-Instruct').getByRole('button', { name: /^Use/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Delete SmolLM2-360M-Instruct' }).click();
  await expect(page.getByText('SmolLM2-360M-Instruct will be deleted, which frees 724 MB.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'SmolLM2-360M-Instruct').getByText('1.1 GB')).toBeVisible();
  await page.getByRole('button', { name: 'Delete Qwen2.5-0.5B-Instruct' }).click();
  await expect(row(page, 'Qwen2.5-0.5B-Instruct')).toHaveCount(0, { timeout: 12_000 });
});

test('Models: files are added by picking or dropping them', async ({ page, harness }) => {
  await open(page, harness, 'no-models');
  const files = page.getByLabel('Files of a model');
  const statuses = await recordTexts(page, '[role="status"]');
  await files.setInputFiles(file('notes.txt'));
  await expect(page.getByRole('alert')).toContainText('It has neither model.safetensors nor a GGUF file.');
  expect((await statuses()).join('\n')).toContain('Copying notes.txt: about 0 B of 8 B');
  await files.setInputFiles(file('picked.gguf', 4_000_000));
  await expect(row(page, 'picked')).toContainText('your file');
  await expect(page.getByRole('alert')).toHaveCount(0);

  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['GGUF'], 'dropped.gguf'));
    return transfer;
  });
  await page.locator('.model-list').first().dispatchEvent('drop', { dataTransfer: data });
  await expect(row(page, 'dropped')).toBeVisible();
});

test('Models: only a folder’s own files are added, picked or dropped', async ({ page, harness }) => {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  try {
    await mkdir(join(folder, 'original'));
    await mkdir(join(folder, 'empty'));
    for (const [name, bytes] of [
      ['config.json', 10],
      ['model.safetensors', 2_000_000],
      [join('original', 'model.safetensors'), 7_000_000],
    ] as const) {
      await writeFile(join(folder, name), Buffer.alloc(bytes));
    }
    await open(page, harness, 'no-models');
    await page.getByLabel('Folder of a model').setInputFiles(folder);
    await expect(row(page, 'my-model').getByTitle('2000010 bytes', { exact: true })).toBeVisible();
    // A model that is waiting to be deleted stays when it is added again.
    await page.getByRole('button', { name: 'Delete my-model' }).click();
    await expect(row(page, 'my-model')).toHaveCount(0);

    // The form in which the browser provides a folder dragged from a file manager.
    const browser = await page.context().newCDPSession(page);
    const drag = { x: 400, y: 300, data: { items: [], files: [folder], dragOperationsMask: 1 } };
    await browser.send('Input.dispatchDragEvent', { type: 'dragEnter', ...drag });
    await browser.send('Input.dispatchDragEvent', { type: 'dragOver', ...drag });
    await expect(page.getByText('Drop it to add the model.')).toBeVisible();
    await browser.send('Input.dispatchDragEvent', { type: 'drop', ...drag });
    await expect(row(page, 'my-model').getByTitle('2000010 bytes', { exact: true })).toBeVisible();
    await expect(page.getByText('Drop it to add the model.')).toHaveCount(0);

    const empty = { ...drag, data: { ...drag.data, files: [join(folder, 'empty')] } };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await browser.send('Input.dispatchDragEvent', { type, ...empty });
    }
    await expect(page.getByRole('alert')).toContainText('No model files were found in empty.');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('Models: the browser is asked to keep the storage, and its answer is shown', async ({ page, harness }) => {
  await open(page, harness, 'no-models');
  await expect(
    page.getByText('48.2 MB stored, 60.0 GB free. The browser may delete it when the disk is full.'),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Ask to keep it' }).click();
  await expect(page.getByText('Kept until you delete it.')).toBeVisible();
});

test('Models: by keyboard', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=no-models`);
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('go to models');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/models$/);
  await page.locator('.model-note').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('look up');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Model id or link')).toBeFocused();
  await page.keyboard.type('HuggingFaceTB/SmolLM2-135M-Instruct');
  await page.keyboard.press('Enter');
  await expect(page.locator('.hub-answer')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Download 271 MB: safetensors' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.model-download')).toBeVisible();
});
