import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PromptFormat } from './prompt-table';
import { MAX_RECORD, MAX_TABLE_ROWS, MAX_TEXT_FILE } from './prompt-table';
import { readPromptFile } from './read-prompt-file';

const read = (name: string, content: string | Uint8Array<ArrayBuffer>, format: PromptFormat | null = null) =>
  readPromptFile(name, new Blob([content]), format);
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/prompts/${name}`, import.meta.url)));

describe('a file of prompts is read as what it is', () => {
  it.each<[string, string, PromptFormat, readonly string[], readonly [number, unknown][]]>([
    [
      'a.jsonl',
      '\ufeff{"q":"1"}\r\n\r\n{"q":"2","a":[]}\r\n',
      'jsonl',
      ['q', 'a'],
      [
        [1, { q: '1' }],
        [3, { q: '2', a: [] }],
      ],
    ],
    [
      'a.json',
      '{"q":"1"}\n{"q":"2"}',
      'jsonl',
      ['q'],
      [
        [1, { q: '1' }],
        [2, { q: '2' }],
      ],
    ],
    [
      'a.jsonl',
      '[\n {"q":"a, [\\" b"},\n\n {"q":"2"}\n]',
      'json',
      ['q'],
      [
        [2, { q: 'a, [" b' }],
        [4, { q: '2' }],
      ],
    ],
    [
      'a.json',
      '[{"q":"1"},{"q":"2"}]',
      'json',
      ['q'],
      [
        [1, { q: '1' }],
        [1, { q: '2' }],
      ],
    ],
    [
      'a.json',
      '{\n"name":"x","data":[{"q":"1"},"bare"]}',
      'json',
      ['q', 'text'],
      [
        [1, { q: '1' }],
        [2, { text: 'bare' }],
      ],
    ],
    ['a.json', '{\n"q": "only"\n}', 'json', ['q'], [[1, { q: 'only' }]]],
    [
      'a.csv',
      'q,a\r\n"one, ""two""\nthree",4\r\n\r\nlast,5',
      'csv',
      ['q', 'a'],
      [
        [2, { q: 'one, "two"\nthree', a: '4' }],
        [5, { q: 'last', a: '5' }],
      ],
    ],
    [
      'a.csv',
      'q;a\nhow much, then?;4\nagain;5\n',
      'csv',
      ['q', 'a'],
      [
        [2, { q: 'how much, then?', a: '4' }],
        [3, { q: 'again', a: '5' }],
      ],
    ],
    ['a.csv', 'question\nonly one column\n', 'csv', ['question'], [[2, { question: 'only one column' }]]],
    ['a.tsv', 'q\t \nx\ty\n', 'tsv', ['q', 'column 2'], [[2, { q: 'x', 'column 2': 'y' }]]],
    ['Pasted text', 'Prompt\tAnswer\nx, y\tz\n', 'tsv', ['Prompt', 'Answer'], [[2, { Prompt: 'x, y', Answer: 'z' }]]],
    [
      'a.txt',
      'Hello, what is it?\n\n  Why? \r\nHow?',
      'lines',
      ['text'],
      [
        [1, { text: 'Hello, what is it?' }],
        [3, { text: 'Why?' }],
        [4, { text: 'How?' }],
      ],
    ],
  ])('%s %j', async (name, content, format, columns, rows) => {
    const table = await read(name, content);
    expect(table).toMatchObject({ format, columns, more: false });
    expect(table.records.map(({ line, value }) => [line, value])).toEqual(rows);
  });

  it('UTF-16 with its mark', async () => {
    const text = '\ufeffq\nÜber\n';
    const bytes = new Uint8Array(2 * text.length);
    for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), true);
    expect((await read('a.csv', bytes)).records).toMatchObject([{ value: { q: 'Über' } }]);
  });

  it.each(['snappy', 'gzip', 'zstd'])('Parquet, %s', async (codec) => {
    const table = await read('renamed.bin', fixture(`${codec}.parquet`));
    expect(table).toMatchObject({ format: 'parquet', unit: 'row', columns: ['id', 'instruction', 'output', 'category'] });
    expect(table.records).toHaveLength(60);
    expect(table.records[7]).toEqual({
      line: 8,
      fault: null,
      value: { id: 7n, instruction: 'How much is 7 plus 10?', output: '17', category: 'sums' },
    });
  });

  it('the first hundred thousand rows of a longer one', async () => {
    const text = '{"q":"x"}\n'.repeat(MAX_TABLE_ROWS + 3);
    expect(await read('a.jsonl', text)).toMatchObject({ more: true, records: { length: MAX_TABLE_ROWS } });
    expect(await read('a.csv', `q\n${'x\n'.repeat(MAX_TABLE_ROWS + 3)}`)).toMatchObject({
      more: true,
      records: { length: MAX_TABLE_ROWS },
    });
    expect(await read('a.txt', 'x\n'.repeat(MAX_TABLE_ROWS + 3))).toMatchObject({
      more: true,
      records: { length: MAX_TABLE_ROWS },
    });
  });
});

describe('a row that cannot be read says so, and the others stay', () => {
  it.each<[string, string, readonly [number, string][]]>([
    [
      'a.jsonl',
      '{"q":1}\n{"q":\n[1]\n{"q":2}',
      [
        [2, 'it is not JSON'],
        [3, 'it is no object'],
      ],
    ],
    ['a.jsonl', `{"q":1}\n{"q":${'['.repeat(40)}${']'.repeat(40)}}`, [[2, 'it is nested more than 32 deep']]],
    ['a.jsonl', `{"q":1}\n"${'x'.repeat(MAX_RECORD)}"`, [[2, `it has ${MAX_RECORD + 2} characters; ${MAX_RECORD} are read`]]],
    [
      'a.csv',
      'q,a\n1,2\nx\n1,2,3\n',
      [
        [3, 'it has 1 cell, the header has 2'],
        [4, 'it has 3 cells, the header has 2'],
      ],
    ],
    ['a.csv', 'q,a\n1,2\n"open,3\n4,5\n', [[3, 'a quote that opens in it is not closed']]],
  ])('%s %.40j', async (name, content, faults) => {
    const { records } = await read(name, content);
    expect(records.filter(({ fault }) => fault !== null).map(({ line, fault }) => [line, fault])).toEqual(faults);
    expect(records.some(({ fault }) => fault === null)).toBe(true);
  });
});

describe('a file that cannot be read ends in one sentence', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);
  it.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['a.jsonl', '', 'a.jsonl is empty.'],
    ['a.txt', ' \n\n', 'a.txt has no rows.'],
    ['a.csv', 'q,a\n', 'a.csv has no rows.'],
    ['a.json', '[]', 'a.json has no rows.'],
    ['a.json', '[{"q":1},', 'The file is not JSON'],
    ['a.json', '{"a":[],"b":[]}', 'The JSON holds no list of prompts.'],
    ['a.json', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'The JSON is nested 200000 deep; 32 are read.'],
    ['a.csv', 'q,q\n1,2\n', 'The header on line 1 names the column “q” twice.'],
    ['a.csv', '"q,a\n1,2\n', 'a quote that opens in the header is not closed'],
    ['a.csv', `${Array.from({ length: 300 }, (_, i) => `c${i}`).join()}\n`, 'The header has 300 columns; 200 are read.'],
    ['a.csv', bytes(0x71, 0x0a, 0xdc, 0x62, 0x65, 0x72), 'a.csv is not written in UTF-8.'],
    ['a.txt', bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0xff, 0xfe), 'a.txt is no text.'],
    ['a.txt', bytes(0x61, 0, 0x62), 'a.txt is no text: it holds zero bytes.'],
    ['a.jsonl.gz', bytes(0x1f, 0x8b, 8, 0), 'a.jsonl.gz is packed (gzip).'],
    ['a.zip', bytes(0x50, 0x4b, 3, 4), 'a.zip is packed (zip).'],
    ['a.parquet', 'PAR1 and then nothing of it', 'a.parquet is damaged, or a Parquet file of a kind that is not read here.'],
    ['bomb.parquet', fixture('bomb-zstd.parquet'), 'bomb.parquet unpacks to 800 MB; 512 MB are read.'],
    ['cut.parquet', fixture('gzip.parquet').slice(0, 900), 'cut.parquet is damaged'],
  ])('%s: %.40j', async (name, content, message) => {
    await expect(read(name, content)).rejects.toMatchObject({ code: 'bad-prompts', message: expect.stringContaining(message) });
  });

  it('of a size that is not read, before it is', async () => {
    const huge = new Blob([]);
    Object.defineProperty(huge, 'size', { value: MAX_TEXT_FILE + 1 });
    await expect(readPromptFile('one-line.jsonl', huge, null)).rejects.toMatchObject({
      message: 'one-line.jsonl has 64 MB; of text 64 MB are read.',
    });
  });

  it('with a damaged page', async () => {
    const damaged = fixture('snappy.parquet');
    damaged.fill(0xff, 60, 200);
    await expect(read('a.parquet', damaged)).rejects.toMatchObject({ code: 'bad-prompts' });
  });
});
