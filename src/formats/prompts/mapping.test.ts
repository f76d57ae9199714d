import { expect, it } from 'vitest';
import type { MappingOptions } from '../../records/prompt-import';
import { detectLayout } from './layout';
import { mapPrompts, sideOf } from './mapping';
import { readPromptFile } from './read-file';
import type { PromptTable } from './table';

const PLAIN = { dropDuplicates: true, dropNearDuplicates: false, heldoutShare: 0 };

async function mapped(rows: readonly object[], options: Partial<MappingOptions> = {}) {
  const table = await readPromptFile(
    'a.jsonl',
    new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]),
    'jsonl',
  );
  const { mapping } = detectLayout(table);
  const whole = { mapping, ...PLAIN, ...options };
  return mapPrompts(table, { ...whole, mapping: { ...mapping, ...options.mapping } });
}

it('turns rows into prompts with the fields that they have', async () => {
  const rows = await mapped([
    { instruction: ' Add up. ', input: '1 2', output: 3 },
    { instruction: 'Say hi.', input: '', output: '' },
  ]);
  expect(rows.map(({ prompt }) => prompt)).toEqual([
    { id: 'line-1', instruction: 'Add up.\n\n1 2', answer: '3', check: 'number' },
    { id: 'line-2', instruction: 'Say hi.' },
  ]);
});

it('keeps an answer that no rule can check as a reference answer', async () => {
  const [row] = await mapped([{ prompt: 'p', chosen: 'A long answer, '.repeat(20), rejected: 'r' }]);
  expect(row?.prompt).toEqual({ id: 'line-1', instruction: 'p', answer: 'A long answer, '.repeat(20).trim() });
});

it('says what is wrong with each row', async () => {
  const rows = await mapped([
    { id: 'a', instruction: 'one', answer: '1', check: 'number' },
    { id: 'b', instruction: ' ', answer: '1', check: 'number' },
    { id: 'a', instruction: 'two', answer: '1', check: 'number' },
    { id: 'c', instruction: 'three', answer: '1', check: 'magic' },
    { id: 'd', instruction: 'x'.repeat(70_000), answer: '1', check: 'number' },
    { id: 'e', instruction: { deep: true }, answer: '1', check: 'number' },
    { id: 'f', instruction: 'six', category: 'c'.repeat(300), answer: '1', check: 'number' },
    { id: 'g', instruction: 'seven', checks: [{ check: 'contains', answer: 'a', weight: -1 }] },
  ]);
  expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
    [1, null],
    [2, '“instruction” is empty'],
    [3, 'it has the id "a" of line 1'],
    [4, expect.stringMatching(/^its check is not one of exact, /)],
    [5, '“instruction” has more than 65,536 characters'],
    [6, '“instruction” is not text'],
    [7, '“category” has more than 256 characters'],
    [8, '“checks 1 weight” is not a number above 0 and up to 1,000'],
  ]);
});

it('imports every row of a list on a single line, each with its own id', async () => {
  const table = await readPromptFile('a.json', new Blob(['[{"q":"one"},{"q":"two"},{"q":"three"}]']), null);
  const rows = mapPrompts(table, { ...PLAIN, mapping: { ...detectLayout(table).mapping, instruction: 'q' } });
  expect(rows.map(({ prompt, fault }) => [prompt?.id, fault])).toEqual([
    ['row-1', null],
    ['row-2', null],
    ['row-3', null],
  ]);
});

it('generates ids that no row has', async () => {
  const rows = await mapped([{ id: 'line-3', instruction: 'one' }, { instruction: 'two' }, { instruction: 'three' }]);
  expect(rows.map(({ prompt }) => prompt?.id)).toEqual(['line-3', 'line-2', 'line-3-own']);
});

it('counts a repeated row as a duplicate, and as a fault only if duplicates are kept', async () => {
  const twice = [
    { id: 'a', instruction: 'one' },
    { id: 'a', instruction: 'one' },
  ];
  expect((await mapped(twice))[1]).toMatchObject({ fault: null, duplicateOf: 1, kept: false });
  expect((await mapped(twice, { dropDuplicates: false }))[1]).toMatchObject({ fault: 'it has the id "a" of line 1' });
});

it('accepts values that JSON lacks, and reports unusable ones as a fault of their row', () => {
  const value = (answer: unknown) => ({ instruction: 'one', answer });
  const throwing = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  const table: PromptTable = {
    ...{ format: 'parquet', unit: 'row', columns: ['instruction', 'answer'], more: false },
    records: [value({ id: 7n, of: [2n ** 60n] }), { ...value(throwing), instruction: 'two' }].map((row, i) => ({
      ...{ line: i + 1, value: row, fault: null },
    })),
  };
  const rows = mapPrompts(table, { ...PLAIN, mapping: { ...detectLayout(table).mapping, check: null } });
  expect(rows[0]?.prompt?.answer).toBe('{"id":7,"of":["1152921504606846976"]}');
  expect(rows[1]).toMatchObject({ prompt: null, fault: 'it holds something that is not text' });
});

it('reads the lab’s own checks, and validates their answers', async () => {
  const checks = [{ check: 'length', answer: '1-9 words', weight: 2 }];
  const rows = await mapped([
    { instruction: 'one', answer: { name: 'string' }, check: 'json', checks },
    { instruction: 'two', answer: '(', check: 'regex' },
  ]);
  expect(rows[0]?.prompt).toMatchObject({ answer: '{"name":"string"}', check: 'json', checks });
  expect(rows[1]?.fault).toMatch(/^the answer of its check regex cannot be used: /);
});

it('finds duplicates regardless of case, white space and Unicode composition, and keeps the first', async () => {
  const instructions = ['How much is 2 é?', 'how  much is\n2 e\u0301? ', 'Something else'].map((instruction) => ({
    instruction,
  }));
  const rows = await mapped(instructions);
  expect(rows.map(({ kept, duplicateOf }) => [kept, duplicateOf])).toEqual([
    [true, null],
    [false, 1],
    [true, null],
  ]);
  expect((await mapped(instructions, { dropDuplicates: false })).every(({ kept }) => kept)).toBe(true);
});

it('finds near duplicates on request', async () => {
  const story =
    'Write a short story about a lighthouse keeper who collects the sounds of ships in glass jars every single night';
  const instructions = [
    story,
    `${story}!`,
    `Please: ${story.toLowerCase()}`,
    'Write a short story about a baker.',
  ].map((instruction) => ({ instruction }));
  expect((await mapped(instructions)).map(({ kept }) => kept)).toEqual([true, true, true, true]);
  const near = await mapped(instructions, { dropNearDuplicates: true });
  expect(near.map(({ nearDuplicateOf }) => nearDuplicateOf)).toEqual([null, 1, 1, null]);
});

it('splits by the instruction alone: stable, duplicates together, and a larger share only adds rows', () => {
  const all = Array.from({ length: 5000 }, (_, i) => `How much is ${i} plus ${i}?`);
  const heldout = (share: number) => new Set(all.filter((one) => sideOf(one, share) === 'held-out'));
  const [ten, twenty] = [heldout(0.1), heldout(0.2)];
  expect(ten.size / all.length).toBeCloseTo(0.1, 1);
  expect(twenty.size / all.length).toBeCloseTo(0.2, 1);
  expect([...ten].every((one) => twenty.has(one))).toBe(true);
  expect(all.every((one) => sideOf(` ${one.toUpperCase()} `, 0.1) === sideOf(one, 0.1))).toBe(true);
  expect(heldout(0).size).toBe(0);
  // The split of existing sets. Another hash would move rows from one side to the other.
  expect([...ten].slice(0, 3)).toMatchInlineSnapshot(`
    [
      "How much is 4 plus 4?",
      "How much is 34 plus 34?",
      "How much is 53 plus 53?",
    ]
  `);
});
