import { expect, it } from 'vitest';
import { type MappingOptions, mapPrompts, sideOf } from './map-prompts';
import { detectLayout } from './prompt-layout';
import { readPromptFile } from './read-prompt-file';

async function mapped(rows: readonly object[], options: Partial<MappingOptions> = {}) {
  const table = await readPromptFile('a.jsonl', new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]), 'jsonl');
  const { mapping } = detectLayout(table);
  const whole = { mapping, dropDuplicates: true, dropNearDuplicates: false, heldoutShare: 0, ...options };
  return mapPrompts(table, { ...whole, mapping: { ...mapping, ...options.mapping } });
}

it('makes prompts of rows, each with what it has', async () => {
  const rows = await mapped([
    { instruction: ' Add up. ', input: '1 2', output: 3 },
    { instruction: 'Say hi.', input: '', output: '' },
  ]);
  expect(rows.map(({ prompt }) => prompt)).toEqual([
    { id: 'line-1', instruction: 'Add up.\n\n1 2', answer: '3', check: 'number' },
    { id: 'line-2', instruction: 'Say hi.' },
  ]);
});

it('keeps an answer that no rule can check as a reference', async () => {
  const [row] = await mapped([{ prompt: 'p', chosen: 'A long answer, '.repeat(20), rejected: 'r' }]);
  expect(row?.prompt).toEqual({ id: 'line-1', instruction: 'p', answer: 'A long answer, '.repeat(20).trim() });
});

it('says of each row what is wrong with it', async () => {
  const rows = await mapped([
    { id: 'a', instruction: 'one', answer: '1', check: 'number' },
    { id: 'b', instruction: ' ', answer: '1', check: 'number' },
    { id: 'a', instruction: 'two', answer: '1', check: 'number' },
    { id: 'c', instruction: 'three', answer: '1', check: 'magic' },
    { id: 'd', instruction: 'x'.repeat(70_000), answer: '1', check: 'number' },
    { id: 'e', instruction: { deep: true }, answer: '1', check: 'number' },
  ]);
  expect(rows.map(({ line, fault }) => [line, fault])).toEqual([
    [1, null],
    [2, '“instruction” is empty'],
    [3, 'it has the id "a" of line 1'],
    [4, expect.stringMatching(/^its check is none of exact, /)],
    [5, expect.stringMatching(/^instruction: Invalid length/)],
    [6, '“instruction” is no text'],
  ]);
});

it('takes the lab’s own checks, and looks whether their answers can be used', async () => {
  const checks = [{ check: 'length', answer: '1-9 words', weight: 2 }];
  const rows = await mapped([
    { instruction: 'one', answer: { name: 'string' }, check: 'json', checks },
    { instruction: 'two', answer: '(', check: 'regex' },
  ]);
  expect(rows[0]?.prompt).toMatchObject({ answer: '{"name":"string"}', check: 'json', checks });
  expect(rows[1]?.fault).toMatch(/^the answer of its check regex cannot be used: /);
});

it('finds what repeats, up to case and white space, and keeps the first', async () => {
  const instructions = ['How much is 2 + 2?', 'how  much is\n2 + 2? ', 'Something else'].map((instruction) => ({ instruction }));
  const rows = await mapped(instructions);
  expect(rows.map(({ kept, duplicateOf }) => [kept, duplicateOf])).toEqual([
    [true, null],
    [false, 1],
    [true, null],
  ]);
  expect((await mapped(instructions, { dropDuplicates: false })).every(({ kept }) => kept)).toBe(true);
});

it('finds what nearly repeats where it is asked to', async () => {
  const story = 'Write a short story about a lighthouse keeper who collects the sounds of ships in glass jars every single night';
  const instructions = [story, `${story}!`, `Please: ${story.toLowerCase()}`, 'Write a short story about a baker.'].map(
    (instruction) => ({ instruction }),
  );
  expect((await mapped(instructions)).map(({ kept }) => kept)).toEqual([true, true, true, true]);
  const near = await mapped(instructions, { dropNearDuplicates: true });
  expect(near.map(({ nearDuplicateOf }) => nearDuplicateOf)).toEqual([null, 1, 1, null]);
});

it('splits by the instruction alone: stable, duplicates together, a larger share adds', () => {
  const all = Array.from({ length: 5000 }, (_, i) => `How much is ${i} plus ${i}?`);
  const heldout = (share: number) => new Set(all.filter((one) => sideOf(one, share) === 'held-out'));
  const [ten, twenty] = [heldout(0.1), heldout(0.2)];
  expect(ten.size / all.length).toBeCloseTo(0.1, 1);
  expect(twenty.size / all.length).toBeCloseTo(0.2, 1);
  expect([...ten].every((one) => twenty.has(one))).toBe(true);
  expect(all.every((one) => sideOf(` ${one.toUpperCase()} `, 0.1) === sideOf(one, 0.1))).toBe(true);
  expect(heldout(0).size).toBe(0);
  // What it was when sets were first split: another hash would move rows from one side to the other.
  expect([...ten].slice(0, 3)).toMatchInlineSnapshot(`
    [
      "How much is 4 plus 4?",
      "How much is 34 plus 34?",
      "How much is 53 plus 53?",
    ]
  `);
});
