/** The contract of `RunStore`, as tests that every implementation passes. Sizes in bytes are not part of it. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arm } from '../../recipe/recipe';
import type { Purpose } from '../../records/candidates';
import type { CastVote, RejudgedPrompt, Rejudgement } from '../../records/judgements';
import type { StoredPairEdit } from '../../records/pairs';
import type { Warning } from '../../records/progress';
import type { Checkpoint } from '../../records/runs';
import type { IterationSummary } from '../../records/training';
import { summarizeIteration } from '../iteration-summary';
import type { RunStore } from '../store';
import { candidate, evaluation, judgement, rollout, runSummary, sftStep, step } from './records';

export interface OpenedStore {
  readonly store: RunStore;
  close?(): Promise<void>;
}

const rolloutAt = (position: number, place: { purpose?: Purpose; iteration?: number; arm?: Arm } = {}) =>
  rollout([candidate()], { none: 'all-equal' }, {}, { position, ...place });

const iteration = (number: number, arm: Arm): IterationSummary =>
  summarizeIteration([], [], { iteration: number, arm, seconds: { reference: 0, evaluate: 0 } });

const warning: Warning = { code: 'logps-fall', message: 'logps/chosen fell by 41.', advice: 'Lower it.', field: null };

const checkpoint = (change: Partial<Checkpoint> = {}): Checkpoint => ({
  arm: 'thinking',
  iteration: 1,
  step: 3,
  state: {
    weights: Float32Array.of(0.1, -2, 3),
    m: Float32Array.of(1, 2, 3),
    v: Float32Array.of(4, 5, 6),
    step: 3,
  },
  reference: [{ position: 3, chosen: -40.25, rejected: -44.5 }],
  recipeHash: 'ab'.repeat(32),
  ...change,
});

const place = (position: number, arm: Arm = 'thinking') => ({ iteration: 1, arm, position });

const vote = (position: number, at: number, change: Partial<CastVote> = {}): CastVote => ({
  ...place(position),
  vote: { best: 1, worst: 0 },
  at,
  ...change,
});

const excluded = (position: number, arm: Arm = 'thinking'): StoredPairEdit => ({
  ...place(position, arm),
  early: 'excluded',
  late: null,
});

const rejudgement = (id: string, change: Partial<Rejudgement> = {}): Rejudgement => ({
  id,
  runId: 'a',
  iteration: 1,
  arm: 'thinking',
  created: 1,
  judge: 'rule',
  promptVersion: null,
  facts: null,
  done: 1,
  total: 2,
  ...change,
});

const rejudged = (position: number): RejudgedPrompt => ({
  position,
  scores: [0.5, null],
  pair: { none: 'judge-failed' },
  judgement: judgement({ detail: `prompt ${position}` }),
});

const NOT_FOUND = { code: 'not-found' };

/** @param open opens an empty store. Each test has its own. */
export function describeRunStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} keeps the contract of a run store`, () => {
    let opened: OpenedStore;
    let store: RunStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
      await store.create(runSummary({ id: 'a' }));
    });

    afterEach(() => opened.close?.());

    it('lists runs, the newest first', async () => {
      await store.create(runSummary({ id: 'b', created: 5 }));
      expect((await store.list()).map(({ id }) => id)).toEqual(['b', 'a']);
      expect(await store.get('a')).toEqual(runSummary({ id: 'a' }));
      expect(await store.get('none')).toBeNull();
      expect(await store.detail('none')).toBeNull();
    });

    it('updates what is given of a run, and keeps the rest', async () => {
      await store.update('a', { status: 'paused', name: 'New name' });
      expect(await store.get('a')).toEqual(runSummary({ id: 'a', status: 'paused', name: 'New name' }));
    });

    it('returns the records of a run as they were stored', async () => {
      await store.putRollout('a', rolloutAt(0));
      await store.putEvaluation('a', evaluation());
      await store.putIteration('a', iteration(1, 'direct'));
      await store.putWarning('a', warning);
      await store.commit('a', checkpoint({ step: 1 }), step());
      expect(await store.rollouts('a', {})).toEqual([rolloutAt(0)]);
      expect(await store.detail('a')).toMatchObject({
        summary: { id: 'a' },
        evaluations: [evaluation()],
        iterations: [iteration(1, 'direct')],
        steps: [step()],
        sftSteps: [],
        warnings: [warning],
        progress: null,
      });
    });

    it('orders evaluations, iterations and steps by iteration, arm and step', async () => {
      for (const number of [2, 1]) {
        for (const arm of ['direct', 'thinking'] as const) {
          await store.putEvaluation('a', evaluation({ iteration: number, arm }));
          await store.putIteration('a', iteration(number, arm));
          for (const count of [2, 1])
            await store.commit('a', checkpoint({ arm }), step({ iteration: number, arm, step: count }));
        }
      }
      const detail = await store.detail('a');
      const order = ['1 thinking', '1 direct', '2 thinking', '2 direct'];
      expect(detail?.evaluations.map((each) => `${each.iteration} ${each.arm}`)).toEqual(order);
      expect(detail?.iterations.map((each) => `${each.iteration} ${each.arm}`)).toEqual(order);
      expect(detail?.steps.map((each) => `${each.iteration} ${each.arm} ${each.step}`)).toEqual(
        order.flatMap((each) => [`${each} 1`, `${each} 2`]),
      );
    });

    it('separates the steps of the warm-up from preference steps', async () => {
      for (const count of [1, 2]) {
        const head = checkpoint({ iteration: 0, step: count, reference: null });
        await store.commit('a', head, sftStep({ step: count }));
      }
      await store.commit('a', checkpoint(), step());
      const detail = await store.detail('a');
      expect(detail?.sftSteps).toEqual([sftStep({ step: 1 }), sftStep({ step: 2 })]);
      expect(detail?.steps).toEqual([step()]);
    });

    it('orders rollouts by iteration, arm, purpose and position, and filters them', async () => {
      for (const number of [2, 1]) {
        for (const arm of ['direct', 'thinking'] as const) {
          for (const purpose of ['evaluate', 'train'] as const) {
            for (const position of [10, 9])
              await store.putRollout('a', rolloutAt(position, { iteration: number, arm, purpose }));
          }
        }
      }
      await store.create(runSummary({ id: 'b' }));
      await store.putRollout('b', rolloutAt(0));
      const found = async (filter: Parameters<RunStore['rollouts']>[1]) =>
        (await store.rollouts('a', filter)).map(
          (each) => `${each.iteration} ${each.arm} ${each.purpose} ${each.position}`,
        );
      const all = await found({});
      expect(all).toHaveLength(16);
      expect(all.slice(0, 5)).toEqual([
        '1 thinking train 9',
        '1 thinking train 10',
        '1 thinking evaluate 9',
        '1 thinking evaluate 10',
        '1 direct train 9',
      ]);
      expect(await found({ purpose: 'train', arm: 'direct' })).toEqual([
        '1 direct train 9',
        '1 direct train 10',
        '2 direct train 9',
        '2 direct train 10',
      ]);
      expect(await found({ iteration: 2, arm: 'thinking', purpose: 'evaluate' })).toEqual([
        '2 thinking evaluate 9',
        '2 thinking evaluate 10',
      ]);
      expect(await found({ iteration: 1 })).toHaveLength(8);
    });

    it('replaces a record that is stored again, and keeps a warning once', async () => {
      for (const text of ['first', 'second'])
        await store.putRollout('a', { ...rolloutAt(0), candidates: [candidate({ text })] });
      for (const judge of ['rule', 'panel']) await store.putEvaluation('a', evaluation({ judge }));
      for (const _ of [1, 2]) await store.putWarning('a', warning);
      expect((await store.rollouts('a', {})).map(({ candidates }) => candidates[0]?.text)).toEqual(['second']);
      const detail = await store.detail('a');
      expect(detail?.evaluations.map(({ judge }) => judge)).toEqual(['panel']);
      expect(detail?.warnings).toEqual([warning]);
    });

    it('returns the last checkpoint of each arm, bit by bit', async () => {
      expect(await store.head('a', 'thinking')).toBeNull();
      await store.commit('a', checkpoint({ step: 2 }), step({ step: 2 }));
      await store.commit('a', checkpoint(), step({ step: 3 }));
      const untrained = { weights: Float32Array.of(0.1, 0.2), m: null, v: null, step: 0 };
      const start = checkpoint({ arm: 'direct', step: 0, state: untrained, reference: null });
      await store.commit('a', start, null);
      expect(await store.head('a', 'thinking')).toEqual(checkpoint());
      expect(await store.head('a', 'direct')).toEqual(start);
      expect((await store.detail('a'))?.steps.map((each) => each.step)).toEqual([2, 3]);
    });

    it('keeps the adapter of each iteration', async () => {
      await store.putIterationAdapter('a', 'thinking', 1, Float32Array.of(1, 2));
      await store.putIterationAdapter('a', 'thinking', 2, Float32Array.of(3, 4));
      expect(await store.iterationAdapter('a', 'thinking', 1)).toEqual(Float32Array.of(1, 2));
      expect(await store.iterationAdapter('a', 'thinking', 2)).toEqual(Float32Array.of(3, 4));
      expect(await store.iterationAdapter('a', 'direct', 1)).toBeNull();
    });

    it('keeps one vote for each prompt, in the order in which they were cast', async () => {
      for (const cast of [vote(1, 20), vote(0, 30), vote(2, 10, { vote: 'tie' })]) await store.putVote('a', cast);
      expect((await store.votes('a')).map(({ position }) => position)).toEqual([2, 1, 0]);
      await store.putVote('a', vote(1, 40, { vote: 'skip' }));
      expect((await store.votes('a')).map(({ position }) => position)).toEqual([2, 0, 1]);
      expect((await store.votes('a')).at(-1)).toEqual(vote(1, 40, { vote: 'skip' }));
      for (const position of [0, 1, 2, 3]) await store.deleteVote('a', place(position));
      expect(await store.votes('a')).toEqual([]);
    });

    it('keeps edits of pairs by iteration, arm and position', async () => {
      for (const arm of ['direct', 'thinking'] as const) {
        for (const position of [10, 9]) await store.editPair('a', place(position, arm), () => excluded(position, arm));
      }
      expect(await store.pairEdits('a')).toEqual([
        excluded(9, 'thinking'),
        excluded(10, 'thinking'),
        excluded(9, 'direct'),
        excluded(10, 'direct'),
      ]);
      const changed = await store.editPair('a', place(9), (before) => ({
        ...excluded(9),
        late: before?.early ?? null,
      }));
      expect(changed).toEqual({ ...excluded(9), late: 'excluded' });
      for (const { arm, position } of await store.pairEdits('a'))
        expect(await store.editPair('a', place(position, arm), () => null)).toBeNull();
      expect(await store.pairEdits('a')).toEqual([]);
    });

    it('passes `begun` to an edit of a pair', async () => {
      const begun = async (number: number) => {
        let answer: boolean | null = null;
        await store.editPair('a', { ...place(0), iteration: number }, (before, itsTraining) => {
          answer = itsTraining;
          return before;
        });
        return answer;
      };
      const start = checkpoint({ step: 0, reference: null });
      expect(await begun(1)).toBe(false);
      await store.commit('a', start, null);
      await store.commit('a', checkpoint({ arm: 'direct', step: 0 }), null);
      expect(await begun(1)).toBe(false);
      await store.commit('a', checkpoint({ step: 0 }), null);
      expect([await begun(1), await begun(2)]).toEqual([true, false]);
      await store.commit('a', { ...start, iteration: 2 }, null);
      expect([await begun(1), await begun(2)]).toEqual([true, false]);
      // An iteration without pairs has no reference. It has ended when its adapter is saved.
      await store.putIterationAdapter('a', 'thinking', 2, Float32Array.of(1));
      expect(await begun(2)).toBe(true);
    });

    it('keeps the judgements of other judges, the newest first', async () => {
      await store.putRejudgement(rejudgement('older'), [rejudged(0)]);
      await store.putRejudgement(rejudgement('newer', { created: 2, done: 2 }), [rejudged(10), rejudged(9)]);
      await store.putRejudgement(rejudgement('newer', { created: 2, done: 3 }), [rejudged(0)]);
      expect(await store.rejudgements('a')).toEqual([
        rejudgement('newer', { created: 2, done: 3 }),
        rejudgement('older'),
      ]);
      expect(await store.rejudgedPairs('a', 'newer')).toEqual(
        [0, 9, 10].map((position) => ({ position, scores: [0.5, null], pair: { none: 'judge-failed' } })),
      );
      expect(await store.rejudgedJudgement('a', 'newer', 9)).toEqual(rejudged(9).judgement);
      expect(await store.rejudgedJudgement('a', 'older', 9)).toBeNull();
      await store.deleteRejudgement('a', 'newer');
      expect((await store.rejudgements('a')).map(({ id }) => id)).toEqual(['older']);
      expect(await store.rejudgedPairs('a', 'newer')).toEqual([]);
      expect(await store.rejudgedJudgement('a', 'newer', 9)).toBeNull();
      expect(await store.rejudgedJudgement('a', 'older', 0)).toEqual(rejudged(0).judgement);
    });

    it('deletes a run with all its records, and nothing of another run', async () => {
      await store.create(runSummary({ id: 'ab' }));
      for (const id of ['a', 'ab']) {
        await store.putRollout(id, rolloutAt(0));
        await store.commit(id, checkpoint({ step: 1 }), step());
        await store.putIterationAdapter(id, 'thinking', 1, Float32Array.of(1));
        await store.putVote(id, vote(0, 1));
        await store.editPair(id, place(0), () => excluded(0));
        await store.putRejudgement(rejudgement('one', { runId: id }), [rejudged(0)]);
      }
      await store.delete('a');
      const left = async (id: string) => [
        await store.get(id),
        await store.detail(id),
        ...(await store.rollouts(id, {})),
        await store.head(id, 'thinking'),
        await store.iterationAdapter(id, 'thinking', 1),
        ...(await store.votes(id)),
        ...(await store.pairEdits(id)),
        ...(await store.rejudgements(id)),
        ...(await store.rejudgedPairs(id, 'one')),
      ];
      expect((await left('a')).filter((record) => record !== null)).toEqual([]);
      expect((await left('ab')).filter((record) => record !== null)).toHaveLength(9);
    });

    it('refuses records of a run that does not exist', async () => {
      await store.delete('a');
      for (const write of [
        () => store.update('a', { name: 'b' }),
        () => store.putRollout('a', rolloutAt(0)),
        () => store.putEvaluation('a', evaluation()),
        () => store.putIteration('a', iteration(1, 'direct')),
        () => store.putWarning('a', warning),
        () => store.commit('a', checkpoint(), step()),
        () => store.putIterationAdapter('a', 'direct', 1, Float32Array.of(1)),
        () => store.putVote('a', vote(0, 1)),
        () => store.editPair('a', place(0), () => excluded(0)),
        () => store.putRejudgement(rejudgement('one'), [rejudged(0)]),
      ])
        await expect(write()).rejects.toMatchObject(NOT_FOUND);
      expect(await store.rollouts('a', {})).toEqual([]);
      expect(await store.head('a', 'thinking')).toBeNull();
      expect(await store.votes('a')).toEqual([]);
    });
  });
}
