/** The importer with the real reader in a worker. */

import { expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import type { PromptPlan } from '../../records/prompt-import';
import type { PromptSetInfo } from '../../records/prompt-sets';
import type { NewPromptSet, PromptSets } from '../../storage/prompt-sets';
import { PromptImporter } from './prompt-importer';

const sets = () => {
  /** The sets of each call of `add`. */
  const added: (readonly NewPromptSet[])[] = [];
  const add: PromptSets['add'] = async (...given) => {
    added.push(given);
    return given.map(
      ({ name, prompts, facts }): PromptSetInfo => ({
        ...facts,
        ...{ id: name, name, rows: prompts.length, bundled: false, created: 1 },
      }),
    );
  };
  const never = async () => {
    throw new LabError('internal', 'not asked');
  };
  const store: PromptSets = {
    add,
    list: never,
    get: never,
    info: never,
    addJsonl: never,
    rename: never,
    delete: never,
  };
  return { added, store };
};
const importer = (timeout = 60_000, store = sets().store) =>
  new PromptImporter({
    sets: store,
    hub: { url: 'https://hub.test', fetch },
    hubDatasets: () => import('../../hub/dataset'),
    onProgress: () => {},
    timeout,
  });
const file = (text: string, name = 'mine.jsonl') => ({ kind: 'file', file: new File([text], name) }) as const;
const planOf = (mapping: PromptPlan['mapping']): PromptPlan => ({
  ...{ mapping, dropDuplicates: true, dropNearDuplicates: false, heldoutShare: 0, faulty: 'drop' },
});
const lines = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({ question: `What is ${i} + ${i}?`, answer: 2 * i }),
).join('\n');

it('reads, previews, and stores both sets of a split with their origin', async () => {
  const { added, store } = sets();
  const reader = importer(60_000, store);
  const info = await reader.read(file(`${lines}\n{broken\n${lines.split('\n')[0]}`));
  expect(info).toMatchObject({
    format: 'jsonl',
    records: 42,
    mapping: { instruction: 'question', answer: 'answer', check: 'number' },
  });
  const plan = planOf(info.mapping);
  expect(await reader.preview(plan)).toMatchObject({
    training: 40,
    heldout: 0,
    faulty: 1,
    duplicates: 1,
    rows: { length: 42 },
  });
  expect(await reader.instructions()).toHaveLength(40);
  await expect(reader.keep('x', { ...plan, faulty: 'refuse' })).rejects.toMatchObject({
    code: 'bad-prompts',
    message: 'Line 41 cannot be imported: it is not JSON.',
  });
  const kept = await reader.keep('Sums', { ...plan, heldoutShare: 0.3 });
  expect(kept.map(({ name, split }) => [name, split])).toEqual([
    ['Sums, training', { side: 'training', share: 0.3 }],
    ['Sums, held out', { side: 'held-out', share: 0.3 }],
  ]);
  expect(kept.reduce((sum, { rows }) => sum + rows, 0)).toBe(40);
  // Both sets in one call, which stores both or none.
  expect(added).toHaveLength(1);
  expect(added[0]?.[1]?.facts).toEqual({
    origin: { kind: 'file', name: 'mine.jsonl', format: 'jsonl' },
    split: { side: 'held-out', share: 0.3 },
    columns: info.mapping,
    leftOut: { faulty: 1, duplicates: 1 },
  });
  await expect(async () => reader.preview(plan)).rejects.toMatchObject({ code: 'not-found' });
});

it('reports the error of a file with its code, and reads the next file', async () => {
  const reader = importer();
  await expect(reader.read(file('PAR1 and nothing', 'x.parquet'))).rejects.toMatchObject({ code: 'bad-prompts' });
  expect(await reader.read(file('a\nb', 'x.txt'))).toMatchObject({ format: 'lines', records: 2 });
  reader.close();
});

it('reads the same file again as another format, even if it could not be read before', async () => {
  const { added, store } = sets();
  const reader = importer(60_000, store);
  await expect(reader.read(file('[Context] Who?\nWhy?', 'x.json'))).rejects.toMatchObject({ code: 'bad-prompts' });
  const info = await reader.readAs('lines');
  expect(info).toMatchObject({ format: 'lines', records: 2 });
  await reader.preview(planOf(info.mapping));
  await reader.keep('Two', planOf(info.mapping));
  expect(added[0]?.[0]?.facts.origin).toEqual({ kind: 'file', name: 'x.json', format: 'lines' });
  await expect(reader.readAs('csv')).rejects.toMatchObject({ code: 'not-found' });
});

it('records that the file of a set had more rows', async () => {
  const reader = importer();
  const info = await reader.read(file('{"q":1}\n'.repeat(100_001)));
  const [kept] = await reader.keep('Cut', planOf(info.mapping));
  expect(kept).toMatchObject({ rows: 1, leftOut: { faulty: 0, duplicates: 99_999, rest: true } });
});

it('keeps a file that was opened while another was being stored', async () => {
  const { store } = sets();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow: PromptSets = {
    ...store,
    add: async (...given) => {
      await promise;
      return store.add(...given);
    },
  };
  const reader = importer(60_000, slow);
  const info = await reader.read(file(lines));
  const keeping = reader.keep('Sums', planOf(info.mapping));
  const next = await reader.read(file('a\nb', 'x.txt'));
  resolve();
  expect(await keeping).toMatchObject([{ name: 'Sums' }]);
  expect(await reader.preview(planOf(next.mapping))).toMatchObject({ read: 2 });
  reader.close();
});

it('reads a file that is dropped twice', async () => {
  const reader = importer();
  const twice = [reader.read(file(lines)), reader.read(file(lines))];
  const [first, second] = await Promise.allSettled(twice);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { records: 40 } });
  reader.close();
});

it('ends a reader that takes too long, and one that is cancelled', async () => {
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
