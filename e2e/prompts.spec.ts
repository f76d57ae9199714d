/** The Prompts place, around a scripted Lab that reads files as the product does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { root } from '../cli/root';
import { complaintsOf, expect, test } from './harness/harness';

const open = (page: Page, harness: string, path = '', query = '') =>
  page.goto(`${harness}?scene=prompts${query}#/prompts${path}`);
const fixture = (name: string) => readFileSync(join(root, 'e2e', 'fixtures', 'prompts', name));
const give = (page: Page, name: string, content: string | Buffer) =>
  page
    .getByLabel('File of prompts')
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
const violations = async (page: Page) =>
  (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [id, nodes[0]?.html]);

test('Prompts: a set is opened, searched, filtered, sorted, and put into the recipe', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness);
  await page.getByRole('link', { name: /^Tiny tasks, training/ }).click();
  await expect(page.getByRole('heading', { name: 'Tiny tasks, training', level: 1 })).toBeVisible();
  const found = page.getByRole('status').filter({ hasText: ' of 1,500' });
  await expect(found).toHaveText('1,500 of 1,500');
  // Of 1,500 rows those in sight are in the page.
  expect(await page.locator('.rows-table tbody tr').count()).toBeLessThan(60);
  await page.getByRole('button', { name: /^story/ }).click();
  await expect(found).toHaveText('150 of 1,500');
  await page.getByRole('searchbox').fill('omar');
  await expect(found).toHaveText('50 of 1,500');
  await page.getByRole('button', { name: 'Row', exact: true }).click();
  await page.getByRole('button', { name: 'Row', exact: true }).click();
  await expect(page.getByRole('columnheader', { name: 'Row' })).toHaveAttribute('aria-sort', 'ascending');
  await page.getByRole('searchbox').fill('nothing is called so');
  await expect(page.getByText('No prompt is so.')).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(found).toHaveText('1,500 of 1,500');
  await expect(page.getByRole('searchbox')).toBeFocused();

  await page.getByRole('link', { name: /^Kitchen sums/ }).click();
  await page.getByRole('button', { name: 'Use for training' }).click();
  await expect(page.getByRole('link', { name: 'The recipe trains on it' })).toBeVisible();
  await page.getByRole('button', { name: 'Hold out' }).click();
  await expect(
    page.getByRole('status').filter({ hasText: 'evaluated on the prompts that it trains on' }),
  ).toBeVisible();
  await page.getByRole('link', { name: 'The recipe trains on it' }).click();
  await expect(page).toHaveURL(/#\/lab/);
  expect(complaints).toEqual([]);
});

test('Prompts: lengths in characters and in tokens, as a chart, a table and a sentence', async ({ page, harness }) => {
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

test('Prompts: a set is renamed, exported, deleted and taken back; one that a run uses stays', async ({
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
  await page.getByRole('button', { name: 'JSON lines' }).click();
  const lines = readFileSync((await (await download).path()) ?? '', 'utf8')
    .trim()
    .split('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({ id: 'row-1', instruction: 'How many eggs are a dozen?' });
  // At once, and not when the time to undo is over.
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

test('Prompts: a CSV comes in: columns, faults, duplicates, split', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/add');
  await give(page, 'sums.csv', [...CSV, 'broken', '"","",'].join('\r\n'));
  const outcome = page.getByRole('status').filter({ hasText: 'rows read' });
  await expect(outcome).toHaveText(
    '61 rows read, 1 with a fault, 5 duplicates: 55 prompts. 55 with a reference answer, 55 checked by a rule.',
  );
  await expect(page.getByLabel('Answer is checked')).toHaveValue('number');
  await expect(page.getByLabel('Category', { exact: true })).toContainText('topic');
  await expect(page.getByRole('list', { name: 'Faults' })).toContainText('Line 62it has 1 cell, the header has 3');
  await expect(page.getByRole('region', { name: 'Preview' }).getByRole('row')).toHaveCount(51);

  await page.getByLabel('Take nothing while a row has a fault').check();
  await expect(page.getByText('1 row cannot be taken')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Keep/ })).toBeDisabled();
  await page.getByLabel('Leave rows with a fault out').check();
  await page.getByLabel('Leave duplicates out').uncheck();
  await expect(outcome).toContainText('5 duplicates kept: 60 prompts.');
  await page.getByLabel('Leave duplicates out').check();
  await page.getByLabel('Reference answer').selectOption('none');
  await expect(outcome).toContainText('None has a reference answer: a judge decides.');
  await page.getByLabel('Held out').selectOption('20%');
  await expect(outcome).toContainText(/55 prompts \(\d+ to train on, \d+ held out\)/);
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Name', { exact: true }).fill('Sums');
  await page.getByRole('button', { name: 'Keep 55 prompts' }).click();
  await expect(page.getByRole('heading', { name: 'Sums, training', level: 1 })).toBeVisible();
  await expect(page.getByText('From the file sums.csv (CSV)')).toContainText(
    'The training side of a split by hash with 20% held out.',
  );
  await expect(page.getByRole('link', { name: /^Sums, held out/ })).toBeVisible();
  expect(complaints).toEqual([]);
});

test('Prompts: every format and layout comes in as what it is', async ({ page, harness }) => {
  const alpaca = JSON.stringify([{ instruction: 'Sort.', input: '3 1 2', output: 'one '.repeat(40) }]);
  const shareGpt =
    '{"conversations":[{"from":"human","value":"Hi there, who are you?"},{"from":"gpt","value":"A model."}]}';
  const trl = '{"prompt":"Say something nice.","chosen":"You are great.","rejected":"No."}';
  for (const [name, content, said, instruction] of [
    ['a.json', alpaca, '1 row of JSON. It looks like Alpaca’s', 'Sort.'],
    ['chat.jsonl', `\ufeff${shareGpt}\r\n`, '1 row of JSON lines. It holds conversations', 'Hi there, who are you?'],
    ['trl.jsonl', trl, '1 row of JSON lines. It looks like TRL’s', 'Say something nice.'],
    ['plain.txt', 'One thing?\n\nAnother thing?', '2 rows of plain lines.', 'Another thing?'],
    ['packed.jsonl.gz', gzipSync(trl), '1 row of JSON lines. It looks like TRL’s', 'Say something nice.'],
    ['quotes.csv', 'prompt\n"He said ""go, now""\nand left"\n', '1 row of CSV.', 'He said "go, now"'],
    [
      'snappy.parquet',
      fixture('snappy.parquet'),
      '60 rows of Parquet. It looks like Alpaca’s',
      'How much is 7 plus 10?',
    ],
    ['gzip.parquet', fixture('gzip.parquet'), '60 rows of Parquet', 'How much is 7 plus 10?'],
    ['zstd.parquet', fixture('zstd.parquet'), '60 rows of Parquet', 'How much is 7 plus 10?'],
    [
      'messages.parquet',
      fixture('messages.parquet'),
      '5 rows of Parquet. It holds conversations',
      'Name a town number 3.',
    ],
  ] as const) {
    await open(page, harness, '/add');
    await give(page, name, Buffer.from(content));
    await expect(page.getByText(said), name).toBeVisible();
    await expect(page.getByRole('region', { name: 'Preview' }), name).toContainText(instruction);
    await page.getByRole('button', { name: 'Choose another file' }).click();
  }
  await page.getByLabel(/^One instruction a line/).fill('prompt\tanswer\nHow much is 2 + 2?\t4');
  await page.getByRole('button', { name: 'Read it' }).click();
  await expect(page.getByText('1 row of TSV.')).toBeVisible();
  await page.getByLabel('Read as').selectOption('plain lines');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
});

test('Prompts: what could not be read is read as something else; of several files none', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/add');
  await give(page, 'notes.json', '[Context] Who wrote it?\n{name} is late. What now?\n');
  await expect(page.getByRole('alert')).toContainText('The file is not JSON');
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Read as').selectOption('plain lines');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    for (const name of ['a.txt', 'b.txt']) transfer.items.add(new File(['One?'], name));
    return transfer;
  });
  await page.locator('.prompts').dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('alert')).toContainText('2 files were dropped, and a set comes of one.');
  await expect(page.getByText('2 rows of plain lines.')).toBeVisible();
  // Keys of a list must differ, or React would say so.
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

test('Prompts: what repeats and is kept is said to be kept, with its side and its checks', async ({
  page,
  harness,
}) => {
  await open(page, harness, '/add');
  const row = { prompt: 'Name a town.', checks: [{ check: 'length', answer: '-5 words' }] };
  await give(page, 'twice.jsonl', [row, row, { prompt: '' }].map((one) => JSON.stringify(one)).join('\n'));
  const preview = page.getByRole('region', { name: 'Preview' });
  const last = preview.getByRole('row', { name: /^2 / });
  await expect(last).toContainText('1 check');
  await expect(last).toContainText('left out: repeats line 1');
  await expect(last).toHaveAttribute('data-out', 'true');
  await expect(page.getByText('1 checked by a rule, none with a reference answer.')).toBeVisible();
  await page.getByLabel(/^Leave duplicates out/).uncheck();
  await page.getByLabel('Held out').selectOption('10%');
  await expect(last).toContainText(/(training|held-out); repeats line 1/);
  await expect(last).toHaveAttribute('data-out', 'false');
});

test('Prompts: hostile files end in one sentence', async ({ page, harness }) => {
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
  // The browser makes it: it does not cross from the test.
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(100_000_000).fill(120)], 'one-line.jsonl'));
    return transfer;
  });
  await page.locator('.prompts-drop').dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('alert')).toContainText('one-line.jsonl has 100 MB; text is read up to 64 MB.');
  expect(complaints).toEqual([]);
});

test('Prompts: a data set of the Hub is looked up, a file of it fetched after its size was read', async ({
  page,
  harness,
}) => {
  await open(page, harness, '/add');
  const field = page.getByLabel('Data set’s id or link');
  await field.fill('nobody/nothing');
  await field.press('Enter');
  await expect(page.getByRole('alert')).toContainText('The Hub has no data set nobody/nothing.');
  await field.fill('https://huggingface.co/datasets/openai/gsm8k');
  await field.press('Enter');
  await expect(page.locator('.dataset-answer')).toBeFocused();
  await expect(page.getByRole('button', { name: /^Fetch 900 MB/ })).toBeDisabled();
  await page.getByRole('button', { name: 'Fetch 2.3 MB: main/train-00000-of-00001.parquet' }).click();
  await expect(page.getByText(/^Fetching main.*: 462 kB of 2.3 MB, 20%$/)).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: /^Fetch 419 kB/ }).click();
  await expect(page.getByText('70 rows of JSON lines.')).toBeVisible();
  await page.getByRole('button', { name: 'Keep 70 prompts' }).click();
  await expect(page.getByText('of openai/gsm8k on the Hugging Face Hub at commit e53f048, mit')).toBeVisible();

  await open(page, harness, '/add');
  await page.getByLabel('Data set’s id or link').fill('lab-tests/gated');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Fetch 90.0 kB/ })).toBeDisabled();
  await page.getByLabel('Access token of your Hub account').fill('hf_made-up');
  await expect(page.getByRole('button', { name: /^Fetch 90.0 kB/ })).toBeEnabled();
  expect(page.url()).not.toContain('hf_');
  expect(await violations(page)).toEqual([]);
});

test('Prompts: a model writes some, honestly counted; the reader keeps what is good', async ({ page, harness }) => {
  const complaints = complaintsOf(page);
  await open(page, harness, '/make');
  await page.getByLabel('How many to write').fill('6');
  await page.getByRole('button', { name: 'Write 6' }).click();
  await expect(page.getByText(/of 6 written, \d+ tokens, 412 tokens\/s/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Write 6' })).toBeFocused();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('button', { name: 'Write 6' }).click();
  await expect(page.getByRole('heading', { name: '3 of 6 prompts can be kept' })).toBeVisible();
  await expect(page.getByText('50% of what it wrote. Sorted out: 1 with an answer inside;')).toBeVisible();
  // What a model writes is text.
  await page.getByLabel('<img src=x onerror=alert(1)> **Name** a town.').uncheck();
  await page.getByRole('button', { name: 'Throw them away' }).click();
  await expect(page.getByText('3 prompts that a model wrote will not be kept.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  // What was chosen is remembered, also elsewhere.
  await page.getByRole('link', { name: /^Tiny tasks, training/ }).click();
  await page.getByRole('link', { name: 'Have a model write some' }).click();
  await expect(page.getByLabel('<img src=x onerror=alert(1)> **Name** a town.')).not.toBeChecked();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Keep 2 prompts' }).click();
  await expect(page.getByText('Written by tiny-thinker after 8 examples of tiny-train each')).toContainText(
    'Left out: 4 of 6 written.',
  );
  expect(complaints).toEqual([]);
});

test('Prompts: by keyboard', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=prompts`);
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeVisible();
  for (const [command, url] of [
    ['go to prompts', /#\/prompts$/],
    ['have a model', /#\/prompts\/make$/],
    ['add prompts', /#\/prompts\/add$/],
  ] as const) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(url);
  }
  await page.getByLabel(/^One instruction a line/).focus();
  await page.keyboard.type('Name a river in Spain.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Keep 1 prompt', exact: true })).toBeEnabled();
  await page.getByLabel('Name', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'The pasted text', level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'All of row 1' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Less of row 1' })).toBeFocused();
});

for (const [what, width, theme] of [
  ['wide, light', 1280, 'light'],
  ['at 390 px, dark', 390, 'dark'],
] as const) {
  test(`Prompts: everybody can use it, ${what}`, async ({ page, harness }) => {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 720 });
    for (const path of ['', '/tiny-train', '/add', '/make']) {
      await open(page, harness, path, `&theme=${theme}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      if (path === '/tiny-train') await expect(page.locator('.lengths canvas')).toBeVisible();
      expect(await violations(page), path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
    }
  });
}
