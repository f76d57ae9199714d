import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunStore } from '../../tpo/store';
import { describeRunStore } from '../../tpo/testing/run-store-contract';
import { Database } from '../database';
import {
  armState,
  checkpoint,
  edit,
  evaluation,
  floats,
  iterationSummary,
  rejudged,
  rejudgement,
  rollout,
  runSummary,
  sftStep,
  stepMetrics,
  vote,
} from '../fixtures/records';
import { createRunStore } from './run-store';

describeRunStore('the store on IndexedDB', async () => {
  const opened = new Database(`test-${crypto.randomUUID()}`);
  const close = async () => {
    await opened.close();
    await deleteDB(opened.name);
  };
  return { store: createRunStore(opened), close };
});

let database: Database;
let store: RunStore;

beforeEach(async () => {
  database = new Database(`test-${crypto.randomUUID()}`);
  store = createRunStore(database);
  await store.create(runSummary('a'));
});

afterEach(async () => {
  await database.close();
  await deleteDB(database.name);
});

const readers = [
  'runs',
  'rollouts',
  'evaluations',
  'iterations',
  'steps',
  'warnings',
  'votes',
  'pairEdits',
  'rejudgements',
  'rejudgedPairs',
  'rejudgedWords',
  'heads',
  'iterationAdapters',
  'chunks',
] as const;

const countOf = (name: (typeof readers)[number]) =>
  database.read([name], (transaction) => transaction.objectStore(name).count());

describe('a record of the loop', () => {
  it('is read back unchanged', async () => {
    await store.putRollout('a', rollout(0));
    await store.putEvaluation('a', evaluation(0, 'thinking'));
    await store.putIteration('a', iterationSummary(1, 'direct'));
    const warning = {
      code: 'logps-fall',
      message: 'logps/chosen fell by 41',
      advice: 'lower it',
      field: 'learningRate',
    } as const;
    await store.putWarning('a', warning);
    await store.commit('a', checkpoint('thinking', 1, armState(100, 1)), stepMetrics(1));

    const detail = await store.detail('a');
    expect(detail?.evaluations).toEqual([evaluation(0, 'thinking')]);
    expect(detail?.iterations).toEqual([iterationSummary(1, 'direct')]);
    expect(detail?.steps).toEqual([stepMetrics(1)]);
    expect(detail?.warnings).toEqual([warning]);
    expect(detail?.progress).toBeNull();
    expect(await store.rollouts('a', {})).toEqual([rollout(0)]);
    expect(await store.head('a', 'thinking')).toEqual(checkpoint('thinking', 1, armState(100, 1)));
    expect(await store.head('a', 'direct')).toBeNull();
  });

  it('separates warm-up steps from preference steps, and orders its rollouts after evaluation 0', async () => {
    const warmUp = { ...checkpoint('thinking', 11, armState(10, 1)), iteration: 0, reference: null };
    for (const step of [10, 11]) await store.commit('a', { ...warmUp, step }, sftStep(step));
    expect(await store.head('a', 'thinking')).toEqual(warmUp);
    for (const purpose of ['warm-up', 'evaluate'] as const)
      await store.putRollout('a', rollout(0, { iteration: 0, purpose }));
    await store.commit('a', checkpoint('thinking', 1, armState(10, 1)), stepMetrics(1));
    const detail = await store.detail('a');
    expect(detail?.sftSteps).toEqual([sftStep(10), sftStep(11)]);
    expect(detail?.steps).toEqual([stepMetrics(1)]);
    expect((await store.rollouts('a', {})).map(({ purpose }) => purpose)).toEqual(['evaluate', 'warm-up']);
    expect(await store.rollouts('a', { purpose: 'warm-up' })).toHaveLength(1);
  });

  it('distinguishes moments from none, and a view from its buffer', async () => {
    const whole = floats(1000, 3);
    const state = { weights: whole.subarray(10, 20), m: null, v: null, step: 0 };
    await store.commit('a', checkpoint('direct', 0, state), null);
    const head = await store.head('a', 'direct');
    expect(head?.state).toEqual({ weights: whole.slice(10, 20), m: null, v: null, step: 0 });
    expect(head?.state.weights.buffer.byteLength).toBe(40);
    expect((await store.detail('a'))?.steps).toEqual([]);
  });

  it('is ordered by iteration, arm, purpose and position, and filtered', async () => {
    for (const iteration of [2, 1]) {
      for (const arm of ['direct', 'thinking'] as const) {
        for (const purpose of ['evaluate', 'train'] as const) {
          for (const position of [10, 9]) await store.putRollout('a', rollout(position, { iteration, arm, purpose }));
        }
      }
    }
    await store.create(runSummary('b'));
    await store.putRollout('b', rollout(0));
    const places = async (filter: Parameters<RunStore['rollouts']>[1]) =>
      (await store.rollouts('a', filter)).map(
        (each) => `${each.iteration} ${each.arm} ${each.purpose} ${each.position}`,
      );
    const all = await places({});
    expect(all).toHaveLength(16);
    expect(all.slice(0, 5)).toEqual([
      '1 thinking train 9',
      '1 thinking train 10',
      '1 thinking evaluate 9',
      '1 thinking evaluate 10',
      '1 direct train 9',
    ]);
    expect(await places({ purpose: 'train', arm: 'direct' })).toEqual([
      '1 direct train 9',
      '1 direct train 10',
      '2 direct train 9',
      '2 direct train 10',
    ]);
    expect(await places({ iteration: 2, arm: 'thinking', purpose: 'evaluate' })).toEqual([
      '2 thinking evaluate 9',
      '2 thinking evaluate 10',
    ]);
    expect(await places({ iteration: 1 })).toHaveLength(8);
  });

  it('replaces a record that is written again, and stores a warning once', async () => {
    await store.putRollout('a', rollout(0));
    const { bytes } = (await store.get('a')) ?? { bytes: 0 };
    await store.putRollout('a', rollout(0));
    expect(await store.get('a')).toMatchObject({ bytes });
    expect(bytes).toBe(JSON.stringify(rollout(0)).length);
    for (const _ of [1, 2]) await store.putWarning('a', { code: 'x', message: 'y', advice: '', field: null });
    expect(await countOf('warnings')).toBe(1);
  });

  it('changes only the given fields', async () => {
    await store.update('a', { status: 'paused', name: 'New name' });
    expect(await store.get('a')).toMatchObject({ status: 'paused', name: 'New name', recipe: { k: 8 } });
  });
});

describe('votes, edits and re-judgements', () => {
  const sizes = async () => (await store.get('a'))?.bytes;

  it('are stored with the run, and counted in its bytes', async () => {
    expect(await sizes()).toBe(0);
    await store.putVote('a', { ...vote(1), at: 2 });
    await store.putVote('a', { ...vote(0), at: 3 });
    await store.putVote('a', { ...vote(2), at: 1, vote: 'tie' });
    expect((await store.votes('a')).map(({ position }) => position)).toEqual([2, 1, 0]);
    await store.putVote('a', { ...vote(0), at: 4, vote: 'skip' });
    expect((await store.votes('a')).at(-1)).toEqual({ ...vote(0), at: 4, vote: 'skip' });
    expect(await sizes()).toBe(JSON.stringify(await store.votes('a')).length - '[,,]'.length);
    for (const position of [0, 1, 2, 3]) await store.deleteVote('a', vote(position));
    expect(await store.votes('a')).toEqual([]);

    for (const arm of ['direct', 'thinking'] as const) {
      for (const position of [10, 9])
        await store.editPair('a', { ...vote(position), arm }, () => ({ ...edit(position), arm }));
    }
    expect((await store.pairEdits('a')).map(({ arm, position }) => `${arm} ${position}`)).toEqual([
      'thinking 9',
      'thinking 10',
      'direct 9',
      'direct 10',
    ]);
    for (const { arm, position } of await store.pairEdits('a'))
      await store.editPair('a', { ...vote(position), arm }, () => null);
    expect(await store.pairEdits('a')).toEqual([]);
  });

  it('store a re-judgement as a row per prompt, whose replies are read on demand', async () => {
    await store.putRejudgement(rejudgement('older'), [rejudged(0)]);
    await store.putRejudgement({ ...rejudgement('newer'), created: 2, done: 2 }, [rejudged(0), rejudged(1)]);
    await store.putRejudgement({ ...rejudgement('newer'), created: 2, done: 11 }, [rejudged(10), rejudged(9)]);
    const listed = await store.rejudgements('a');
    expect(listed.map(({ id, done }) => [id, done])).toEqual([
      ['newer', 11],
      ['older', 1],
    ]);
    const pairs = await store.rejudgedPairs('a', 'newer');
    expect(pairs).toEqual(
      [0, 1, 9, 10].map((position) => ({ position, scores: [0.5, null], pair: { none: 'judge-failed' } })),
    );
    expect(await store.rejudgedJudgement('a', 'newer', 9)).toEqual(rejudged(9).judgement);
    expect(await store.rejudgedJudgement('a', 'older', 9)).toBeNull();
    expect(await countOf('rejudgedWords')).toBe(5);

    const length = (value: unknown) => JSON.stringify(value).length;
    const words = [0, 1, 9, 10].map((position) => length({ position, judgement: rejudged(position).judgement }));
    await store.deleteRejudgement('a', 'older');
    expect(await sizes()).toBe(
      [length(listed[0]), ...pairs.map(length), ...words].reduce((sum, bytes) => sum + bytes, 0),
    );
    for (const id of ['newer', 'gone']) await store.deleteRejudgement('a', id);
    expect(await store.rejudgements('a')).toEqual([]);
    expect(await sizes()).toBe(0);
    for (const name of ['rejudgedPairs', 'rejudgedWords'] as const) expect(await countOf(name)).toBe(0);
  });

  it('inform an edit whether training of its iteration has begun', async () => {
    const begun = async (iteration: number) => {
      let answer: boolean | null = null;
      await store.editPair('a', { iteration, arm: 'thinking', position: 0 }, (before, its) => {
        answer = its;
        return before;
      });
      return answer;
    };
    expect(await begun(1)).toBe(false);
    await store.commit('a', { ...checkpoint('thinking', 0, armState(10, 1)), reference: null }, null);
    expect(await begun(1)).toBe(false);
    await store.commit('a', checkpoint('direct', 0, armState(10, 1)), null);
    expect(await begun(1)).toBe(false);
    await store.commit('a', checkpoint('thinking', 0, armState(10, 1)), null);
    expect([await begun(1), await begun(2)]).toEqual([true, false]);
    await store.commit('a', { ...checkpoint('thinking', 0, armState(10, 1)), iteration: 2, reference: null }, null);
    expect([await begun(1), await begun(2)]).toEqual([true, false]);
    // An iteration without pairs has no reference log-probabilities, but it also ends.
    await store.putIterationAdapter('a', 'thinking', 2, floats(10, 1));
    expect(await begun(2)).toBe(true);
  });
});

describe('a run', () => {
  it('is listed newest first', async () => {
    await store.create(runSummary('b', 1_760_000_000_000));
    expect((await store.list()).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(await store.get('c')).toBeNull();
    expect(await store.detail('c')).toBeNull();
  });

  it('frees everything when it is deleted, and nothing of another run', async () => {
    await store.create(runSummary('ab'));
    for (const id of ['a', 'ab']) {
      await store.putRollout(id, rollout(0));
      await store.putEvaluation(id, evaluation(0, 'thinking'));
      await store.putIteration(id, iterationSummary(1, 'thinking'));
      await store.putWarning(id, { code: 'x', message: 'y', advice: '', field: null });
      await store.commit(id, checkpoint('thinking', 1, armState(100, 1)), stepMetrics(1));
      await store.putIterationAdapter(id, 'thinking', 1, floats(100, 1));
      await store.putVote(id, vote(0));
      await store.editPair(id, vote(0), () => edit(0));
      await store.putRejudgement({ ...rejudgement('one'), runId: id }, [rejudged(0)]);
    }
    await store.delete('a');
    for (const name of readers) expect(await countOf(name), name).toBe(name === 'chunks' ? 2 : 1);
    expect(await store.head('ab', 'thinking')).not.toBeNull();
    await store.delete('ab');
    for (const name of readers) expect(await countOf(name), name).toBe(0);
  });

  it('accepts no records once it is deleted', async () => {
    await store.delete('a');
    const late = { code: 'not-found' };
    await expect(store.putRollout('a', rollout(0))).rejects.toMatchObject(late);
    await expect(store.putEvaluation('a', evaluation(0, 'direct'))).rejects.toMatchObject(late);
    await expect(store.putIteration('a', iterationSummary(1, 'direct'))).rejects.toMatchObject(late);
    await expect(store.putWarning('a', { code: 'x', message: 'y', advice: '', field: null })).rejects.toMatchObject(
      late,
    );
    await expect(store.commit('a', checkpoint('direct', 1, armState(10, 1)), stepMetrics(1))).rejects.toMatchObject(
      late,
    );
    await expect(store.putIterationAdapter('a', 'direct', 1, floats(10, 1))).rejects.toMatchObject(late);
    await expect(store.putVote('a', vote(0))).rejects.toMatchObject(late);
    await expect(store.editPair('a', vote(0), () => edit(0))).rejects.toMatchObject(late);
    await expect(store.putRejudgement(rejudgement('one'), [rejudged(0)])).rejects.toMatchObject(late);
    await expect(store.update('a', { name: 'b' })).rejects.toMatchObject(late);
    for (const name of readers) expect(await countOf(name), name).toBe(0);
  });

  it('lists 5,000 prompts with their candidates quickly', async () => {
    await database.write(['rollouts'], async (transaction) => {
      const rollouts = transaction.objectStore('rollouts');
      for (let position = 0; position < 5000; position++) {
        const place = { iteration: 1 + (position % 5), arm: position % 2 ? 'thinking' : 'direct' } as const;
        void rollouts.put({ version: 1, runId: 'a', bytes: 0, value: rollout(position, place) });
      }
    });
    const timed = async (filter: Parameters<RunStore['rollouts']>[1]) => {
      const start = performance.now();
      const found = await store.rollouts('a', filter);
      return { found: found.length, ms: performance.now() - start };
    };
    const one = await timed({ purpose: 'train', iteration: 2, arm: 'thinking' });
    const all = await timed({});
    console.log(`500 rollouts in ${one.ms.toFixed(0)} ms, 5,000 in ${all.ms.toFixed(0)} ms`);
    expect(one.found).toBe(500);
    expect(all.found).toBe(5000);
    expect(one.ms).toBeLessThan(1000);
    expect(all.ms).toBeLessThan(5000);
  });
});
