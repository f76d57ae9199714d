/** The reader in its own worker, as the lab has it. */
import { expect, it, vi } from 'vitest';
import { LabError } from '../lib/errors';
import type { PromptSets } from '../storage/prompt-sets';
import { PromptImporter } from './prompt-importer';
import type { PromptPlan, PromptSetInfo } from './protocol';

const sets = () => {
  const add = vi.fn<PromptSets['add']>(
    async (name, rows, facts): Promise<PromptSetInfo> => ({
      ...facts,
      id: name,
      name,
      rows: rows.length,
      bundled: false,
      created: 1,
    }),
  );
  const never = async () => {
    throw new LabError('internal', 'not asked');
  };
  const store: PromptSets = { add, list: never, get: never, info: never, addJsonl: never, rename: never, delete: never };
  return { add, store };
};
const importer = (timeout = 60_000, store = sets().store) =>
  new PromptImporter({ sets: store, hub: { url: 'https://hub.test', fetch }, tell: () => {}, timeout });
const file = (text: string, name = 'mine.jsonl') => ({ kind: 'file', file: new File([text], name), format: null }) as const;
const planOf = (mapping: PromptPlan['mapping']): PromptPlan => ({
  ...{ mapping, dropDuplicates: true, dropNearDuplicates: false, heldoutShare: 0, faulty: 'drop' },
});
const lines = Array.from({ length: 40 }, (_, i) => JSON.stringify({ question: `What is ${i} + ${i}?`, answer: 2 * i })).join(
  '\n',
);

it('reads, looks again, and keeps both sides of a split with where they came from', async () => {
  const { add, store } = sets();
  const reader = importer(60_000, store);
  const info = await reader.read(file(`${lines}\n{broken\n${lines.split('\n')[0]}`));
  expect(info).toMatchObject({
    format: 'jsonl',
    records: 42,
    mapping: { instruction: 'question', answer: 'answer', check: 'number' },
  });
  const plan = planOf(info.mapping);
  expect(await reader.preview(plan)).toMatchObject({ training: 40, heldout: 0, faulty: 1, duplicates: 1, rows: { length: 42 } });
  expect(await reader.instructions()).toHaveLength(40);
  await expect(reader.keep('x', { ...plan, faulty: 'refuse' })).rejects.toMatchObject({
    code: 'bad-prompts',
    message: 'Line 41 cannot be taken: it is not JSON.',
  });
  const kept = await reader.keep('Sums', { ...plan, heldoutShare: 0.3 });
  expect(kept.map(({ name, split }) => [name, split])).toEqual([
    ['Sums, training', { side: 'training', share: 0.3 }],
    ['Sums, held out', { side: 'held-out', share: 0.3 }],
  ]);
  expect(kept.reduce((sum, { rows }) => sum + rows, 0)).toBe(40);
  expect(add.mock.calls[0]?.[2]).toMatchObject({
    origin: { kind: 'file', name: 'mine.jsonl', format: 'jsonl' },
    columns: info.mapping,
    leftOut: { faulty: 1, duplicates: 1 },
  });
  await expect(async () => reader.preview(plan)).rejects.toMatchObject({ code: 'not-found' });
});

it('says what is wrong with a file with its code, and reads the next', async () => {
  const reader = importer();
  await expect(reader.read(file('PAR1 and nothing', 'x.parquet'))).rejects.toMatchObject({ code: 'bad-prompts' });
  expect(await reader.read(file('a\nb', 'x.txt'))).toMatchObject({ format: 'lines', records: 2 });
  reader.close();
});

it('kills a reader that takes too long, and one that is given up', async () => {
  const slow = importer(0);
  await expect(slow.read(file(lines))).rejects.toMatchObject({
    code: 'bad-prompts',
    message: expect.stringContaining('in time'),
  });
  const reader = importer();
  const reading = reader.read(file('{"q":1}\n'.repeat(90_000)));
  const rejected = expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  await new Promise((resolve) => setTimeout(resolve));
  reader.close();
  await rejected;
});
