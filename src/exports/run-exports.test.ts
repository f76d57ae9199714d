import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAdapterFiles } from '../formats/adapter-zip';
import { MemorySource } from '../formats/byte-source';
import { readPeft, WEIGHTS_FILE } from '../formats/peft';
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import { adapterLayout, initialAdapter } from '../model/adapter-layout';
import { parseConfig } from '../model/config';
import { flatten } from '../model/peft-layout';
import { PRESETS } from '../recipe/presets';
import type { RunSummary } from '../records/runs';
import { MemoryStore } from '../tpo/testing/memory-store';
import { candidate, evaluation, rollout, step } from '../tpo/testing/records';
import { PairEditor } from '../worker/judging/pair-editor';
import { type ExportSources, RunExports } from './run-exports';

const run: RunSummary = {
  id: 'a',
  name: 'a',
  created: 0,
  updated: Date.UTC(2026, 0, 2),
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
const model = {
  config: parseConfig(
    JSON.parse(readFileSync(new URL('../../public/models/tiny-thinker/config.json', import.meta.url), 'utf8')),
  ),
  tokenizer: { decode: (tokens: readonly number[]) => tokens.map((token) => `<${token}>`).join('') },
};

function exportsOf(store: MemoryStore, open: ExportSources['model'] = async () => model): RunExports {
  return new RunExports({
    store,
    detail: async (id) => {
      const found = await store.detail(id);
      if (!found) throw new LabError('not-found', 'There is no such run.');
      return found;
    },
    promptSets: async () => [{ id: PRESETS.quick.prompts, name: 'Tiny tasks, training', rows: 1500 }],
    model: open,
    device: async () => ({
      name: 'd',
      kind: 'software',
      speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
      features: [],
      maxBufferSize: 1,
      maxStorageBufferBindingSize: 1,
    }),
  });
}

async function storeWithRun(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.create(run);
  return store;
}

describe('pairs', () => {
  async function exported(open?: ExportSources['model']) {
    const store = await storeWithRun();
    await store.putRollout('a', rollout(candidates, { chosen: 0, rejected: 1, rejectedMalformed: false }));
    const rows = async () => {
      const text = await exportsOf(store, open).pairs('a');
      return text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
    };
    return { rows, edit: new PairEditor(store) };
  }

  it('are exported as the user last left them, whether they were trained on or not', async () => {
    const { rows, edit } = await exported();
    expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
    await edit.edit('a', place, { chosen: 1, rejected: 2 });
    expect(await rows()).toMatchObject([{ chosen: '<1>', rejected: '<2>', rejected_malformed: 'truncated' }]);
    await edit.edit('a', place, 'excluded');
    expect(await rows()).toEqual([]);
    await edit.edit('a', place, null);
    expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
  });

  it('that are edited have two different candidates, the chosen one well-formed', async () => {
    const { rows, edit } = await exported();
    await expect(edit.edit('a', place, { chosen: 2, rejected: 0 })).rejects.toThrow(
      'A malformed candidate is never chosen.',
    );
    await expect(edit.edit('a', place, { chosen: 0, rejected: 0 })).rejects.toThrow('two different candidates');
    await expect(edit.edit('a', place, { chosen: 0, rejected: 3 })).rejects.toThrow('two different candidates');
    expect(await rows()).toMatchObject([{ chosen: '<0>', rejected: '<1>' }]);
  });

  it('cannot be written without the tokenizer, and the error says so', async () => {
    const { rows } = await exported(async () => {
      throw new LabError('not-found', 'This model is not stored here.');
    });
    await expect(rows()).rejects.toMatchObject({ message: expect.stringContaining('tokenizer of tiny-thinker') });
    const { rows: damaged } = await exported(async () => {
      throw new LabError('bad-file', 'It is damaged.');
    });
    await expect(damaged()).rejects.toThrow('It is damaged.');
  });
});

describe('an adapter', () => {
  const layout = adapterLayout(model.config, run.recipe);
  const [first, newest] = [initialAdapter(layout, 1), initialAdapter(layout, 2)];

  async function exported() {
    const store = await storeWithRun();
    const state = { weights: newest, m: null, v: null, step: 3 };
    await store.commit(
      'a',
      { arm: 'thinking', iteration: 2, step: 3, state, reference: null, recipeHash: 'ab' },
      null,
    );
    await store.putIterationAdapter('a', 'thinking', 1, first);
    return exportsOf(store);
  }

  async function weightsIn(zip: Uint8Array<ArrayBuffer>) {
    const { config, weights } = await readAdapterFiles([{ name: 'a.zip', bytes: zip }]);
    const adapter = await readPeft(config, new MemorySource(WEIGHTS_FILE, weights));
    expect(adapter.config).toMatchObject({
      rank: run.recipe.rank,
      alpha: run.recipe.alpha,
      baseModel: 'tiny-thinker',
    });
    return flatten(adapter, layout);
  }

  it('is the newest checkpoint, or that of the iteration that is asked for', async () => {
    const exports = await exported();
    expect(await weightsIn(await exports.adapter('a', 'thinking'))).toEqual(newest);
    expect(await weightsIn(await exports.adapter('a', 'thinking', 1))).toEqual(first);
    expect(await exports.adapter('a', 'thinking')).toEqual(await exports.adapter('a', 'thinking'));
  });

  it('is the same in the two files, in the zip and in the report’s hash', async () => {
    const exports = await exported();
    const { name, files } = await exports.files('a', 'thinking', 1);
    expect(name).toBe('a, thinking, iteration 1');
    const zip = await readAdapterFiles([{ name: 'a.zip', bytes: await exports.adapter('a', 'thinking', 1) }]);
    expect(files).toEqual({ config: zip.config, weights: zip.weights });
    const whole = await readAdapterFiles([{ name: 'a.zip', bytes: await exports.adapter('a', 'thinking') }]);
    expect((await exports.report('a')).adapter.sha256).toBe(await sha256(whole.weights));
  });

  it('that does not exist yet is refused', async () => {
    const exports = await exported();
    await expect(exports.adapter('a', 'direct')).rejects.toMatchObject({ code: 'not-found' });
    await expect(exports.adapter('a', 'thinking', 2)).rejects.toMatchObject({ code: 'not-found' });
    await expect(exports.adapter('b', 'thinking')).rejects.toMatchObject({ code: 'not-found' });
  });
});

it('evaluations and metrics are CSV whose texts no spreadsheet evaluates', async () => {
  const store = await storeWithRun();
  await store.commit(
    'a',
    {
      arm: 'thinking',
      iteration: 1,
      step: 1,
      state: { weights: new Float32Array(1), m: null, v: null, step: 1 },
      reference: null,
      recipeHash: 'ab',
    },
    step(),
  );
  await store.putEvaluation('a', evaluation({ judge: '=cmd()', byCategory: { '@sum': 0.5 } }));
  const exports = exportsOf(store);
  const [header = '', row = '', ...more] = (await exports.evaluations('a')).split('\r\n');
  expect(more).toEqual([]);
  expect(header).toContain(',accuracy/@sum');
  expect(row).toContain(`,"'=cmd()",`);
  const metrics = (await exports.metrics('a')).split('\r\n');
  expect(metrics).toHaveLength(3);
  expect(metrics[0]).toMatch(/^iteration,arm,step,/);
  // A negative number stays a number.
  expect(metrics[2]).toContain(',-20,');
});
