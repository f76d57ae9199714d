import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PromptFormat } from '../../records/prompt-import';
import { readPromptFile } from './read-file';
import { MAX_RECORD, MAX_TABLE_ROWS, MAX_TEXT_FILE } from './table';

const read = (name: string, content: string | Uint8Array<ArrayBuffer>, format: PromptFormat | null = null) =>
  readPromptFile(name, new Blob([content]), format);
const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../e2e/fixtures/prompts/${name}`, import.meta.url)));

describe('a file of prompts is read in its own format', () => {
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
        [2, { q: '2' }],
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

  it('identifies the rows of a list by their lines if possible, else by their number', async () => {
    const numbers = async (text: string) => {
      const { unit, records } = await read('a.json', text);
      return [unit, ...records.map(({ line }) => line)];
    };
    expect(await numbers('[{"q":1},\n{"q":2}]')).toEqual(['line', 1, 2]);
    expect(await numbers('[\n{"q":1}, {"q":2},\n{"q":3}]')).toEqual(['row', 1, 2, 3]);
  });

  it.each([
    ['\r', 'lines end as on an old Mac'],
    ['\r\n', 'and as on Windows'],
  ])('%j: %s', async (end) => {
    const jsonl = ['{"q":"1"}', '{"q":"2"}', ''].join(end);
    expect((await read('a.jsonl', `${jsonl}{"q":"3"}\n`)).records).toMatchObject([
      { line: 1 },
      { line: 2 },
      { line: 3 },
    ]);
    const csv = ['q,a', '"1', '2",x', '3,y', ''].join(end);
    expect((await read('a.csv', `${csv}4,z\n`)).records).toMatchObject([
      { line: 2, value: { q: '1\n2', a: 'x' } },
      { line: 4, value: { q: '3' } },
      { line: 5, value: { q: '4', a: 'z' } },
    ]);
    expect((await read('a.txt', ['One?', 'Two?'].join(end))).records).toHaveLength(2);
  });

  it('plain lines that begin like JSON, unless the name ends in .json', async () => {
    for (const name of ['a.txt', 'The pasted text']) {
      expect(await read(name, '[Context] Who wrote it?\nWhy?')).toMatchObject({
        format: 'lines',
        records: { length: 2 },
      });
      expect(await read(name, '{name} is late. What now?')).toMatchObject({ format: 'lines', records: { length: 1 } });
    }
    expect(await read('a.csv', '{prompt},answer\n1,2')).toMatchObject({
      format: 'csv',
      columns: ['{prompt}', 'answer'],
    });
    expect((await read('a.jsonl', '{"q":\n{"q":2}')).records).toMatchObject([
      { fault: 'it is not JSON' },
      { value: { q: 2 } },
    ]);
    expect(await read('a.json', '[Context] Who?\nWhy?', 'lines')).toMatchObject({ format: 'lines' });
  });

  it('gzip-compressed files', async () => {
    const packed = (text: string) => gzipSync(text);
    expect(await read('a.csv.gz', packed('q,a\n1,2\n'))).toMatchObject({
      format: 'csv',
      records: [{ value: { q: '1', a: '2' } }],
    });
    expect(await read('a.jsonl.gz', packed('{"q":1}\n{"q":2}\n'))).toMatchObject({
      format: 'jsonl',
      records: { length: 2 },
    });
  });

  it('UTF-16 with a byte-order mark', async () => {
    const text = '\ufeffq\nÜber\n';
    const bytes = new Uint8Array(2 * text.length);
    for (let i = 0; i < text.length; i++) new DataView(bytes.buffer).setUint16(2 * i, text.charCodeAt(i), true);
    expect((await read('a.csv', bytes)).records).toMatchObject([{ value: { q: 'Über' } }]);
  });

  it.each(['snappy', 'gzip', 'zstd'])('Parquet, %s', async (codec) => {
    const table = await read('renamed.bin', fixture(`${codec}.parquet`));
    expect(table).toMatchObject({
      format: 'parquet',
      unit: 'row',
      columns: ['id', 'instruction', 'output', 'category'],
    });
    expect(table.records).toHaveLength(60);
    expect(table.records[7]).toEqual({
      line: 8,
      fault: null,
      value: { id: 7n, instruction: 'How much is 7 plus 10?', output: '17', category: 'sums' },
    });
  });

  it('the first hundred thousand rows of a longer file', async () => {
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

const QUOTE = 'a quote in it is not closed, or is followed by more text in its cell';

describe('a row that cannot be read is reported, and the others are kept', () => {
  it('an unclosed quote costs only its own line', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? `"open ${i},x` : `row ${i},x`));
    const { records } = await read('a.csv', `q,a\n${rows.join('\n')}\n`);
    expect(records).toHaveLength(2000);
    expect(records.filter(({ fault }) => fault === null)).toHaveLength(2000 - 667);
    expect(records.at(-1)).toEqual({ line: 2001, value: { q: 'row 1999', a: 'x' }, fault: null });
  });

  it('in a tab-separated file it is part of the text', async () => {
    const { records } = await read('a.tsv', 'q\ta\n"Hi" she said\t3\n"open\t4\n"two\nlines"\t5\n');
    expect(records.map(({ line, value }) => [line, value])).toEqual([
      [2, { q: '"Hi" she said', a: '3' }],
      [3, { q: '"open', a: '4' }],
      [4, { q: 'two\nlines', a: '5' }],
    ]);
  });

  it.each<[string, string, readonly [number, string][]]>([
    [
      'a.jsonl',
      '{"q":1}\n{"q":\n[1]\n{"q":2}',
      [
        [2, 'it is not JSON'],
        [3, 'it is not an object'],
      ],
    ],
    ['a.jsonl', `{"q":1}\n{"q":${'['.repeat(40)}${']'.repeat(40)}}`, [[2, 'it is nested more than 32 deep']]],
    [
      'a.jsonl',
      `{"q":1}\n"${'x'.repeat(MAX_RECORD)}"`,
      [[2, `it has ${MAX_RECORD + 2} characters; ${MAX_RECORD} are read`]],
    ],
    [
      'a.csv',
      'q,a\n1,2\nx\n1,2,3\n"1\n2",3,4\n',
      [
        [3, 'it has 1 cell, the header has 2'],
        [4, 'it has 3 cells, the header has 2'],
        [5, 'it has 3 cells, the header has 2; its quotes extend it to line 6'],
      ],
    ],
    ['a.csv', 'q,a\n1,2\n"open,3\n4,5\n', [[3, QUOTE]]],
    [
      'a.csv',
      'q,a\n"Hi" she said,3\n"4 "" 5" ,5\n"open,6\n"also, open"?,7\n7,8',
      [
        [2, QUOTE],
        [4, QUOTE],
        [5, QUOTE],
      ],
    ],
  ])('%s %.40j', async (name, content, faults) => {
    const { records } = await read(name, content);
    expect(records.filter(({ fault }) => fault !== null).map(({ line, fault }) => [line, fault])).toEqual(faults);
    expect(records.some(({ fault }) => fault === null)).toBe(true);
  });
});

describe('a file that cannot be read is refused with a message', () => {
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
    ['a.csv', '"q,a\n1,2\n', 'a quote in the header is not closed'],
    [
      'a.csv',
      `${Array.from({ length: 300 }, (_, i) => `c${i}`).join()}\n`,
      'The header has 300 columns; 200 are read.',
    ],
    ['a.csv', bytes(0x71, 0x0a, 0xdc, 0x62, 0x65, 0x72), 'a.csv is not written in UTF-8.'],
    ['a.txt', bytes(0x7f, 0x45, 0x4c, 0x46, 0, 0, 0xff, 0xfe), 'a.txt is not a text file.'],
    ['a.txt', bytes(0x61, 0, 0x62), 'a.txt is not a text file: it holds zero bytes.'],
    ['a.jsonl.gz', bytes(0x1f, 0x8b, 8, 0), 'a.jsonl.gz is damaged: it cannot be unpacked.'],
    [
      'a.txt.gz',
      gzipSync('x\n'.repeat(MAX_TEXT_FILE / 2 + 1)),
      'a.txt.gz unpacks to more than 64 MB of text, the most that is read.',
    ],
    ['a.zip', bytes(0x50, 0x4b, 3, 4), 'a.zip is packed (zip).'],
    [
      'a.parquet',
      'PAR1 and then nothing of it',
      'a.parquet is damaged, or uses features of Parquet that are not supported.',
    ],
    ['bomb.parquet', fixture('bomb-zstd.parquet'), 'bomb.parquet unpacks to 800 MB; 512 MB are read.'],
    ['cut.parquet', fixture('gzip.parquet').slice(0, 900), 'cut.parquet is damaged'],
  ])('%s: %.40j', async (name, content, message) => {
    await expect(read(name, content)).rejects.toMatchObject({
      code: 'bad-prompts',
      message: expect.stringContaining(message),
    });
  });

  it('gives advice in each', async () => {
    for (const content of ['', '\n', '{"a":[],"b":[]}', '[{"q":1},']) {
      await expect(read('a.json', content)).rejects.toMatchObject({
        advice: expect.stringMatching(/^Nothing was imported\. \S/),
      });
    }
  });

  it.each(['NotReadableError', 'NotFoundError'])('that is a folder or no longer exists: %s', async (name) => {
    const gone = new Blob(['x']);
    gone.slice = () => {
      throw new DOMException('A requested file or directory could not be found …', name);
    };
    await expect(readPromptFile('mine', gone, null)).rejects.toMatchObject({
      code: 'bad-file',
      message: 'mine cannot be read: it is a folder, or was moved or changed after it was chosen.',
    });
  });

  it('that is too large, before it is read', async () => {
    const huge = new Blob([]);
    Object.defineProperty(huge, 'size', { value: MAX_TEXT_FILE + 1 });
    await expect(readPromptFile('one-line.jsonl', huge, null)).rejects.toMatchObject({
      message: 'one-line.jsonl has 64 MB; text is read up to 64 MB.',
    });
  });

  it('that has a damaged page', async () => {
    const damaged = fixture('snappy.parquet');
    damaged.fill(0xff, 60, 200);
    await expect(read('a.parquet', damaged)).rejects.toMatchObject({ code: 'bad-prompts' });
  });
});
