/** The Prompts page with a scripted API that reads files as the product does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { root } from '../../cli/root';
import { accessibilityViolations } from '../accessibility';
import { complaintsOf, expect, test } from '../harness/harness';

const open = (page: Page, harness: string, path = '', query = '') =>
  page.goto(`${harness}?scene=prompts${query}#/prompts${path}`);
const fixture = (name: string) => readFileSync(join(root, 'e2e', 'fixtures', 'prompts', name));
const give = (page: Page, name: string, content: string | Buffer) =>
  page
    .getByLabel('File of prompts')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });

test('Prompts: a set is opened, searched, filtered, sorted, and used in the recipe', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness);
  await page.getByRole('link', { name: /^Tiny tasks, training/ }).click();
  await expect(page.getByRole('heading', { name: 'Tiny tasks, training', level: 1 })).toBeVisible();
  const found = page.getByRole('status').filter({ hasText: ' of 1,500' });
  await expect(found).toHaveText('1,500 of 1,500');
  // Only the visible ones of 1,500 rows are rendered.
  expect(await page.locator('.rows-table tbody tr').count()).toBeLessThan(60);
  await page.getByRole('button', { name: /^story/ }).click();
  await expect(found).toHaveText('150 of 1,500');
  await page.getByRole('searchbox').fill('omar');
  await expect(found).toHaveText('50 of 1,500');
  await page.getByRole('button', { name: 'Row', exact: true }).click();
  await page.getByRole('button', { name: 'Row', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: 'Row' })).toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('searchbox').fill('matches nothing');
  await expect(page.getByText('No prompt matches the search.')).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(found).toHaveText('1,500 of 1,500');
  await expect(page.getByRole('searchbox')).toBeFocused();

  await page.getByRole('link', { name: /^Kitchen sums/ }).click();
  await page.getByRole('button', { name: 'Use for training' }).click();
  await expect(page.getByRole('link', { name: 'Used for training' })).toBeVisible();
  await page.getByRole('button', { name: 'Use as held-out set' }).click();
  await expect(
    page.getByRole('status').filter({ hasText: 'evaluates the model on its training prompts' }),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Used for training' }).click();
  await expect(page).toHaveURL(/#\/lab/);
  expect(complaints).toEqual([]);
});

test('Prompts: lengths in characters and tokens, as a chart, a table and a sentence', async ({ page, harness }) => {
  await open(page, harness, '/tiny-train');
  await expect(page.getByText(/^Median \d+, longest \d+ characters\.$/)).toBeVisible();
  await expect(page.locator('.lengths canvas')).toBeVisible();
  await page.getByRole('button', { name: 'tokens', exact: true }).click();
  await expect(page.getByText(/^Median \d+, longest \d+ tokens of tiny-thinker\.$/)).toBeVisible();
  await page.getByRole('button', { name: 'Table of Length of the instructions' }).click();
  await expect(
    page.getByRole('region', { name: 'Values of Length of the instructions' }).getByRole('row'),
  ).not.toHaveCount(0);
});

test('Prompts: a set is renamed, exported, deleted and restored; one that a run uses is kept', async ({
  page,
  harness,
}) => {
  await open(page, harness, '/kitchen-sums-0a1b2c3d');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Name of the set').fill('My kitchen');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'My kitchen', level: 1 })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Rename' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Rename' })).toBeFocused();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export, JSON Lines' }).click();
  const lines = readFileSync((await (await download).path()) ?? '', 'utf8')
    .trim()
    .split('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({ id: 'row-1', instruction: 'How many eggs are a dozen?' });
  // The refusal comes at once, not after the delay for undo.
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('alert')).toContainText('The run “Sums” is not finished, and needs this set to go on.');
  await expect(page.getByText('will be deleted.')).toHaveCount(0);
  await page.getByRole('link', { name: /^Bakery/ }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Bakery will be deleted.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: /^Bakery/ })).toBeVisible();
  await expect(page.locator('.prompts-main')).toBeFocused();
  await open(page, harness, '/everyday');
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveCount(0);
  await open(page, harness, '/gone-00000000');
  await expect(page.getByText('There is no prompt set gone-00000000 in this browser.')).toBeVisible();
  await page.getByRole('link', { name: 'Add its file' }).click();
  await expect(page).toHaveURL(/#\/prompts\/add$/);
});

const CSV = [
  'question,answer,topic',
  ...Array.from({ length: 60 }, (_, i) => `What is ${i % 55} + ${i % 55}?,${2 * (i % 55)},sums`),
];

test('Prompts: a CSV is imported with columns, errors, duplicates and a split', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/add');
  await give(page, 'sums.csv', [...CSV, 'broken', '"","",'].join('\r\n'));
  const outcome = page.getByRole('status').filter({ hasText: 'rows read' });
  await expect(outcome).toHaveText(
    '61 rows read, 1 with an error, 5 duplicates: 55 prompts. 55 with a reference answer, 55 checked by a rule.',
  );
  await expect(page.getByLabel('Check of the answer')).toHaveValue('number');
  await expect(page.getByLabel('Category', { exact: true })).toContainText('topic');
  await expect(page.getByRole('list', { name: 'Errors' })).toContainText('Line 62it has 1 cell, the header has 3');
  await expect(page.getByRole('region', { name: 'Preview' }).getByRole('row')).toHaveCount(51);

  await page.getByLabel('Import nothing while a row has an error').check();
  await expect(page.getByText('1 row has an error. Fix the file')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Keep/ })).toBeDisabled();
  await page.getByLabel('Leave out rows with errors').check();
  await page.getByLabel('Leave out duplicates').uncheck();
  await expect(outcome).toContainText('5 duplicates kept: 60 prompts.');
  await page.getByLabel('Leave out duplicates').check();
  await page.getByLabel('Reference answer').selectOption('none');
  await expect(outcome).toContainText('None has a reference answer, so a judge must score the responses.');
  await page.getByLabel('Held out').selectOption('20%');
  await expect(outcome).toContainText(/55 prompts \(\d+ for training, \d+ held out\)/);
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByLabel('Name', { exact: true }).fill('Sums');
  await page.getByRole('button', { name: 'Keep 55 prompts' }).click();
  await expect(page.getByRole('heading', { name: 'Sums, training', level: 1 })).toBeVisible();
  await expect(page.getByText('From the file sums.csv (CSV)')).toContainText(
    'The training side of a split by hash with 20% held out.',
  );
  await expect(page.getByRole('link', { name: /^Sums, held out/ })).toBeVisible();
  expect(complaints).toEqual([]);
});

test('Prompts: every format and layout is recognised', async ({ page, harness }) => {
  const alpaca = JSON.stringify([{ instruction: 'Sort.', input: '3 1 2', output: 'one '.repeat(40) }]);
  const shareGpt =
    '{"conversations":[{"from":"human","value":"Hi there, who are you?"},{"from":"gpt","value":"A model."}]}';
  const trl = '{"prompt":"Say something nice.","chosen":"You are great.","rejected":"No."}';
  for (const [name, content, summary, instruction] of [
    ['a.json', alpaca, '1 row of JSON. The columns look like the Alpaca format', 'Sort.'],
    [
      'chat.jsonl',
      `\ufeff${shareGpt}\r\n`,
      '1 row of JSON Lines. The rows are conversations',
      'Hi there, who are you?',
    ],
    [
      'trl.jsonl',
      trl,
      '1 row of JSON Lines. The columns look like the preference format of TRL',
      'Say something nice.',
    ],
    ['plain.txt', 'One thing?\n\nAnother thing?', '2 rows of plain lines.', 'Another thing?'],
    [
      'packed.jsonl.gz',
      gzipSync(trl),
      '1 row of JSON Lines. The columns look like the preference format of TRL',
      'Say something nice.',
    ],
    ['quotes.csv', 'prompt\n"He said ""go, now""\nand left"\n', '1 row of CSV.', 'He said "go, now"'],
    [
      'snappy.parquet',
      fixture('snappy.parquet'),
      '60 rows of Parquet. The columns look like the Alpaca format',
      'How much is 7 plus 10?',
    ],
    ['gzip.parquet', fixture('gzip.parquet'), '60 rows of Parquet', 'How much is 7 plus 10?'],
    ['zstd.parquet', fixture('zstd.parquet'), '60 rows of Parquet', 'How much is 7 plus 10?'],
    [
      'messages.parquet',
      fixture('messages.parquet'),
      '5 rows of Parquet. The rows are conversations',
      'Name a town number 3.',
    ],
  ] as const) {
    await open(page, harness, '/add');
    await give(page, name, Buffer.from(content));
    await expect(page.getByText(summary), name).toBeVisible();
    await expect(page.getByRole('region', { name: 'Preview' }), name).toContainText(instruction);
    await page.getByRole('button', { name: 'Choose another file' }).click();
  }
  await page.getByLabel(/^One instruction per line/).fill('prompt\tanswer\nHow much is 2 + 2?\t4');
  await page.getByRole('button', { name: 'Read text' }).click();
  await expect(page.getByText('1 row of TSV.')).toBeVisible();
  await page.getByLabel('Read as').selectOption('plain lines');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
});

test('Prompts: a file that could not be read is read as another format, and several files are refused', async ({
  page,
  harness,
}) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/add');
  await give(page, 'notes.json', '[Context] Who wrote it?\n{name} is late. What now?\n');
  await expect(page.getByRole('alert')).toContainText('The file is not JSON');
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByLabel('Read as').selectOption('plain lines');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    for (const name of ['a.txt', 'b.txt']) transfer.items.add(new File(['One?'], name));
    return transfer;
  });
  await page.locator('.prompts').dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('alert')).toContainText('You dropped 2 files. A prompt set is made from one file.');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
  // React would report an error if two list items had the same key.
  await page.getByRole('button', { name: 'Choose another file' }).click();
  await expect(page.locator('.prompts-main')).toBeFocused();
  await give(
    page,
    'one-line.json',
    JSON.stringify(Array.from({ length: 30 }, (_, i) => ({ prompt: `Say ${i}, please.` }))),
  );
  await expect(page.getByText('30 rows read, 0 duplicates: 30 prompts.')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('Prompts: duplicates that are kept are marked, with their side and checks', async ({ page, harness }) => {
  await open(page, harness, '/add');
  const row = { prompt: 'Name a town.', checks: [{ check: 'length', answer: '-5 words' }] };
  await give(page, 'twice.jsonl', [row, row, { prompt: '' }].map((one) => JSON.stringify(one)).join('\n'));
  const preview = page.getByRole('region', { name: 'Preview' });
  const last = preview.getByRole('row', { name: /^2 / });
  await expect(last).toContainText('1 check');
  await expect(last).toContainText('left out: repeats line 1');
  await expect(last).toHaveAttribute('data-out', 'true');
  await expect(page.getByText('1 checked by a rule, none with a reference answer.')).toBeVisible();
  await page.getByLabel(/^Leave out duplicates/).uncheck();
  await page.getByLabel('Held out').selectOption('10%');
  await expect(last).toContainText(/(training|held-out); repeats line 1/);
  await expect(last).toHaveAttribute('data-out', 'false');
});

test('Prompts: hostile files end in one clear message', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/add');
  for (const [name, content, sentence] of [
    ['deep.json', `${'['.repeat(90_000)}${']'.repeat(90_000)}`, 'The JSON is nested 90000 deep; 32 are read.'],
    ['binary.jsonl', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe]), 'binary.jsonl is not a text file.'],
    ['latin1.csv', Buffer.from('prompt\nÜber was?\n', 'latin1'), 'latin1.csv is not written in UTF-8.'],
    ['twice.csv', 'prompt,prompt\n1,2\n', 'The header on line 1 names the column “prompt” twice.'],
    ['empty.txt', '', 'empty.txt is empty.'],
    ['cut.json', '[{"q":', 'The file is not JSON'],
    ['bomb.parquet', fixture('bomb-zstd.parquet'), 'bomb.parquet unpacks to 800 MB; 512 MB are read.'],
    ['half.parquet', fixture('gzip.parquet').subarray(0, 700), 'half.parquet is damaged'],
    ['packed.jsonl.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'packed.jsonl.gz is damaged: it cannot be unpacked.'],
  ] as const) {
    await give(page, name, Buffer.from(content));
    await expect(page.getByRole('alert'), name).toContainText(sentence);
    await expect(page.getByRole('alert'), name).toContainText('Nothing was imported.');
  }
  // The file is created in the browser, because it is too large to be sent from the test.
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(100_000_000).fill(120)], 'one-line.jsonl'));
    return transfer;
  });
  await page.locator('.prompts-drop').dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('alert')).toContainText('one-line.jsonl has 100 MB; text is read up to 64 MB.');
  expect(complaints).toEqual([]);
});

test('Prompts: a dataset of the Hub is looked up, and a file is downloaded after its size was shown', async ({
  page,
  harness,
}) => {
  await open(page, harness, '/add');
  const field = page.getByLabel('Dataset id or link');
  await field.fill('nobody/nothing');
  await field.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The Hub has no data set nobody/nothing.');
  await field.fill('https://huggingface.co/datasets/openai/gsm8k');
  await field.press('Enter');
  await expect(page.locator('.dataset-answer')).toBeFocused();
  await expect(page.getByRole('button', { name: /^Download 900 MB/ })).toBeDisabled();
  await page.getByRole('button', { name: 'Download 2.3 MB: main/train-00000-of-00001.parquet' }).click();
  await expect(page.getByText(/^Downloading main.*: 462 kB of 2.3 MB, 20%$/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: /^Download 419 kB/ }).click();
  await expect(page.getByText('70 rows of JSON Lines.')).toBeVisible();
  await page.getByRole('button', { name: 'Keep 70 prompts' }).click();
  await expect(page.getByText('of openai/gsm8k on the Hugging Face Hub at commit e53f048, mit')).toBeVisible();

  await open(page, harness, '/add');
  await page.getByLabel('Dataset id or link').fill('lab-tests/gated');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Download 90.0 kB/ })).toBeDisabled();
  await page.getByLabel('Access token of your Hub account').fill('hf_made-up');
  await expect(page.getByRole('button', { name: /^Download 90.0 kB/ })).toBeEnabled();
  expect(page.url()).not.toContain('hf_');
  expect(await accessibilityViolations(page)).toEqual([]);
});

test('Prompts: a model generates prompts, and the user keeps the good ones', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/make');
  await page.getByLabel('Number of prompts').fill('6');
  await page.getByRole('button', { name: 'Generate 6' }).click();
  await expect(page.getByText(/of 6 generated, \d+ tokens, 412 tokens\/s/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Generate 6' })).toBeFocused();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Generate 6' }).click();
  await expect(page.getByRole('heading', { name: '3 of 6 prompts can be kept' })).toBeVisible();
  await expect(page.getByText('50% of the generated prompts. Left out: 1 contains an answer;')).toBeVisible();
  // Generated prompts are shown as text.
  await page.getByLabel('<img src=x onerror=alert(1)> **Name** a town.').uncheck();
  await page.getByRole('button', { name: 'Discard all' }).click();
  await expect(page.getByText('You discarded 3 generated prompts.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  // The selection is kept when another page is shown.
  await page.getByRole('link', { name: /^Tiny tasks, training/ }).click();
  await page.getByRole('link', { name: 'Generate with a model' }).click();
  await expect(page.getByLabel('<img src=x onerror=alert(1)> **Name** a town.')).not.toBeChecked();
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Keep 2 prompts' }).click();
  await expect(page.getByText('Generated by tiny-thinker from 8 examples of tiny-train at a time')).toContainText(
    'Left out: 4 of 6 generated.',
  );
  expect(complaints).toEqual([]);
});

test('Prompts: by keyboard', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=prompts`);
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  for (const [command, url] of [
    ['go to prompts', /#\/prompts$/],
    ['generate prompts', /#\/prompts\/make$/],
    ['add prompts', /#\/prompts\/add$/],
  ] as const) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(url);
  }
  await page.getByLabel(/^One instruction per line/).focus();
  await page.keyboard.type('Name a river in Spain.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Keep 1 prompt', exact: true })).toBeEnabled();
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'The pasted text', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Show all of row 1' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Show less of row 1' })).toBeFocused();
});

for (const [what, width, theme] of [
  ['wide, light', 1280, 'light'],
  ['at 390 px, dark', 390, 'dark'],
] as const) {
  test(`Prompts: accessible, ${what}`, async ({ page, harness }) => {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 720 });
    for (const path of ['', '/tiny-train', '/add', '/make']) {
      await open(page, harness, path, `&theme=${theme}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      if (path === '/tiny-train') await expect(page.locator('.lengths canvas')).toBeVisible();
      expect(await accessibilityViolations(page), path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
    }
  });
}
