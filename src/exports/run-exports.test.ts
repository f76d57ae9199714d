import { expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { PRESETS } from '../recipe/presets';
import type { RunSummary } from '../records/runs';
import { MemoryStore } from '../tpo/testing/memory-store';
import { candidate, rollout } from '../tpo/testing/records';
import { PairEditor } from '../worker/judging/pair-editor';
import { type ExportSources, RunExports } from './run-exports';

const run: RunSummary = {
  id: 'a',
  name: 'a',
  created: 0,
  updated: 0,
  status: 'finished',
  recipe: PRESETS.quick,
  device: 'd',
  bytes: 0,
  iterations: 1,
  failure: null,
};
const place = { iteration: 1, arm: 'thinking', position: 0 } as const;
const candidates = ['first', 'second', 'third'].map((text, index) =>
  candidate({ index, text, tokens: [index], malformed: index === 2 ? 'truncated' : null }),
);
const tokenizer = { decode: (tokens: readonly number[]) => tokens.map((token) => `<${token}>`).join('') };

async function exported(model: () => unknown = () => ({ tokenizer })) {
  const store = new MemoryStore();
  await store.create(run);
  await store.putRollout('a', rollout(candidates, { chosen: 0, rejected: 1, rejectedMalformed: false }));
  const sources = { store, model: async () => model() } as unknown as ExportSources;
  const rows = async () => {
    const text = await new RunExports(sources).pairs('a');
    return text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
  };
  return { rows, edit: new PairEditor(store) };
}

it('pairs leave as the reader last left them, whether they were trained on or not', async () => {
  const { rows, edit } = await exported();
  expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
  await edit.edit('a', place, { chosen: 1, rejected: 2 });
  expect(await rows()).toMatchObject([{ chosen: '<1>', rejected: '<2>', rejected_malformed: 'truncated' }]);
  await edit.edit('a', place, 'excluded');
  expect(await rows()).toEqual([]);
  await edit.edit('a', place, null);
  expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
});

it('a pair by hand is two different candidates, the chosen well-formed', async () => {
  const { rows, edit } = await exported();
  await expect(edit.edit('a', place, { chosen: 2, rejected: 0 })).rejects.toThrow(
    'A malformed candidate is never chosen.',
  );
  await expect(edit.edit('a', place, { chosen: 0, rejected: 0 })).rejects.toThrow('two different candidates');
  await expect(edit.edit('a', place, { chosen: 0, rejected: 3 })).rejects.toThrow('two different candidates');
  expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
});

it('without the model there is no text, and that is said', async () => {
  const { rows } = await exported(() => {
    throw new LabError('not-found', 'This model is not stored here.');
  });
  await expect(rows()).rejects.toMatchObject({ message: expect.stringContaining('tokenizer of tiny-thinker') });
  const { rows: damaged } = await exported(() => {
    throw new LabError('bad-file', 'It is damaged.');
  });
  await expect(damaged()).rejects.toThrow('It is damaged.');
});
