import { describe, expect, it } from 'vitest';
import { humanJudge } from '../../judges/human';
import type { Judge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { LabEvent } from '../../records/events';
import type { RunSummary } from '../../records/runs';
import { isOnBallot } from '../../tpo/judging/votes';
import { openJudge } from '../../tpo/testing/loop-fixture';
import { MemoryStore } from '../../tpo/testing/memory-store';
import { type Script, ScriptedPolicy } from '../../tpo/testing/scripted-policy';
import { RunController } from './run-controller';

const recipe: Recipe = {
  ...PRESETS.quick,
  format: 'custom',
  thoughtPrompt: 'Think. {instruction}',
  responseMarker: '<R>',
  arms: ['thinking'],
  iterations: 1,
  promptsPerIteration: 4,
  k: 4,
  pairsPerStep: 2,
  evaluationPrompts: 2,
  lanes: 16,
};
const stopped: RunSummary = {
  id: 'r',
  name: 'a run',
  created: 0,
  updated: 0,
  status: 'running',
  recipe,
  device: 'none',
  bytes: 0,
  iterations: 0,
  failure: null,
};

interface Setting {
  readonly store?: MemoryStore;
  readonly script?: Script;
  readonly judge?: Judge;
  readonly evaluationJudge?: Judge;
  /** Called before the judges are opened. */
  readonly beforeJudges?: () => void;
  readonly recipe?: Recipe;
  /** Number of lanes of the policies that are opened. */
  readonly lanes?: number;
  /** Called before each policy is opened. */
  readonly beforePolicy?: (signal: AbortSignal) => void | Promise<void>;
}

/** A tab with a store. Its lock can be held once, like the browser's. */
function tab({
  store = new MemoryStore(),
  script = {},
  judge = ruleJudge,
  evaluationJudge,
  beforeJudges = () => {},
  beforePolicy = () => {},
  recipe: own = recipe,
  lanes,
}: Setting = {}) {
  const run: RunSummary = { ...stopped, recipe: own };
  /** The recipes that policies were opened with. */
  const opened: Recipe[] = [];
  const events: LabEvent[] = [];
  const waiting: { readonly matches: (event: LabEvent) => boolean; readonly resolve: () => void }[] = [];
  const renewed: string[] = [];
  let held = false;
  const controller = new RunController(
    {
      store,
      openPolicy: async (asked, { onProgress, signal }) => {
        opened.push(asked);
        onProgress({ phase: 'tune', done: 1, total: 2 });
        await beforePolicy(signal);
        onProgress({ phase: 'load', done: 1, total: 2 });
        return new ScriptedPolicy(script, lanes);
      },
      openJudges: async () => {
        beforeJudges();
        const opened = openJudge(judge);
        return { training: opened, evaluation: evaluationJudge ? openJudge(evaluationJudge) : opened };
      },
      renewSpending: async (runId) => {
        renewed.push(runId);
      },
      judgesMustFreeMemory: () => false,
      prompts: async (set) =>
        Array.from({ length: 8 }, (_, i) => ({
          id: `${set}-${i}`,
          instruction: `${set} ${i}?`,
          answer: String(i % 5),
          check: 'number',
        })),
      emit: (event) => {
        events.push(event);
        for (const { matches, resolve } of waiting) if (matches(event)) resolve();
      },
      now: () => 0,
    },
    {
      hold: async () => {
        if (held) throw new LabError('running-elsewhere', 'held');
        held = true;
        return async () => {
          held = false;
        };
      },
    },
  );
  return {
    store,
    controller,
    events,
    opened,
    /** The runs whose judges had their limits renewed. */
    renewed,
    /** Resolves with the next event that matches. */
    next: (matches: (event: LabEvent) => boolean) =>
      new Promise<void>((resolve) => {
        waiting.push({ matches, resolve });
      }),
    statuses: () => events.flatMap((event) => (event.type === 'run' ? [event.run.status] : [])),
    start: () =>
      controller.begin('r', async () => {
        await store.create(run);
        return run;
      }),
    resume: () =>
      controller.begin('r', async () => {
        await store.update('r', { status: 'running', failure: null });
        return { ...run, ...(await store.get('r')), status: 'running', failure: null };
      }),
  };
}

const isStatus = (status: RunSummary['status']) => (event: LabEvent) =>
  event.type === 'run' && event.run.status === status;
const isRollout = (event: LabEvent) => event.type === 'rollout';

/** The records of the run, without those that contain times. */
const records = (store: MemoryStore) =>
  Object.fromEntries(
    [...store.records].filter(([key]) => !/^(run|warning) /.test(key)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );

async function uninterrupted(): Promise<MemoryStore> {
  const { start, next, store } = tab();
  const finished = next(isStatus('finished'));
  await start();
  await finished;
  return store;
}

/** The lock is released after the last events. */
const lockReleased = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a run in this tab', () => {
  it('runs to its end, reports it, and frees the lock', async () => {
    const { start, next, store, controller, statuses } = tab();
    const finished = next(isStatus('finished'));
    await start();
    expect(controller.runId).toBe('r');
    await finished;
    await lockReleased();
    expect(controller.runId).toBeNull();
    expect(statuses()).toEqual(['running', 'running', 'finished']);
    expect(await store.get('r')).toMatchObject({ status: 'finished', iterations: 1, failure: null });
    await start();
    await controller.stop();
  });

  it('stores the number of lanes that it chose, and is resumed with it', async () => {
    const auto: Recipe = { ...recipe, lanes: 'auto' };
    const first = tab({ recipe: auto, lanes: 32 });
    const stored = first.next(isRollout);
    await first.start();
    await stored;
    await first.controller.stop();
    expect(first.opened).toEqual([auto]);
    expect(await first.store.get('r')).toMatchObject({ recipe: auto, lanes: 32 });
    // By now another number would be chosen.
    const second = tab({ store: first.store, recipe: auto, lanes: 8 });
    const finished = second.next(isStatus('finished'));
    await second.resume();
    await finished;
    expect(second.opened).toEqual([{ ...auto, lanes: 32 }]);
    expect(await first.store.get('r')).toMatchObject({ status: 'finished', recipe: auto, lanes: 32 });
  });

  it('refuses a second run', async () => {
    const { start, controller } = tab();
    await start();
    await expect(start()).rejects.toMatchObject({ code: 'running-elsewhere' });
    await controller.stop();
  });

  it('does not begin if its record cannot be stored', async () => {
    const { controller, start } = tab();
    const full = new LabError('storage-full', 'The disk is full.');
    await expect(controller.begin('r', () => Promise.reject(full))).rejects.toBe(full);
    expect(controller.runId).toBeNull();
    await start();
    await controller.stop();
  });

  it('pauses, continues unit by unit, and makes the same records', async () => {
    const expected = await uninterrupted();
    const { start, next, store, controller, events } = tab();
    const first = next(isRollout);
    await start();
    await first;
    const paused = next(isStatus('paused'));
    controller.pause();
    await paused;
    // There are two held-out prompts, and one of them is done. Their evaluation is a unit of its own.
    expect(events.filter(isRollout)).toHaveLength(1);
    await controller.stepOnce();
    expect(events.filter(isRollout)).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'evaluation')).toHaveLength(0);
    await controller.stepOnce();
    await lockReleased();
    expect(events.filter(isRollout)).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'evaluation')).toHaveLength(1);
    expect((await store.get('r'))?.status).toBe('paused');
    const finished = next(isStatus('finished'));
    controller.unpause();
    await finished;
    expect(records(store)).toEqual(records(expected));
  });

  it('stops at once, and makes the same records after it is resumed', async () => {
    const expected = await uninterrupted();
    const { start, resume, next, store, controller, statuses } = tab();
    const first = next(isRollout);
    await start();
    await first;
    await controller.stop();
    expect(statuses().at(-1)).toBe('stopped');
    expect(controller.runId).toBeNull();
    const finished = next(isStatus('finished'));
    await resume();
    await finished;
    expect(records(store)).toEqual(records(expected));
  });

  it('can be stopped while its policy is opened', async () => {
    const expected = await uninterrupted();
    let hang = true;
    const beforePolicy = async (signal: AbortSignal) => {
      if (hang) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const { start, resume, next, store, controller, events } = tab({ beforePolicy });
    const tuning = next((event) => event.type === 'progress');
    await start();
    await tuning;
    expect(events.at(-1)).toMatchObject({ progress: { phase: 'tune', done: 1, total: 2, counts: 'kernels' } });
    await controller.stop();
    expect(await store.get('r')).toMatchObject({ status: 'stopped', failure: null });
    hang = false;
    const finished = next(isStatus('finished'));
    await resume();
    await finished;
    expect(records(store)).toEqual(records(expected));
  });

  it('can be stopped while it is paused', async () => {
    const { start, next, controller, store } = tab();
    const paused = next(isStatus('paused'));
    await start();
    controller.pause();
    await paused;
    await controller.stop();
    expect((await store.get('r'))?.status).toBe('stopped');
  });

  it('pauses with the failure when the judge fails, and continues when asked', async () => {
    const expected = await uninterrupted();
    let broken = true;
    const judge: Judge = {
      score: (request) => (broken ? Promise.reject(new Error('no network')) : ruleJudge.score(request)),
    };
    const { start, next, store, controller } = tab({ judge });
    const paused = next(isStatus('paused'));
    await start();
    await paused;
    expect(await store.get('r')).toMatchObject({ status: 'paused', failure: { code: 'judge-failed' } });
    const again = next(isStatus('paused'));
    controller.unpause();
    await again;
    broken = false;
    const finished = next(isStatus('finished'));
    controller.unpause();
    await finished;
    expect(await store.get('r')).toMatchObject({ status: 'finished', failure: null });
    expect(records(store)).toEqual(records(expected));
  });

  it('renews the limit of a judge once, however often `unpause` or `stepOnce` is called', async () => {
    let spent = 0;
    const judge: Judge = {
      score: (request) =>
        spent++ === 0 ? Promise.reject(new LabError('judge-limit', 'All is spent.')) : ruleJudge.score(request),
    };
    const { start, next, controller, renewed } = tab({ judge });
    const paused = next(isStatus('paused'));
    await start();
    await paused;
    controller.pause();
    expect(renewed).toEqual([]);
    await controller.stepOnce();
    expect(renewed).toEqual(['r']);
    spent = 0;
    const again = next(isStatus('paused'));
    await controller.stepOnce();
    await again;
    const finished = next(isStatus('finished'));
    for (let i = 0; i < 3; i++) controller.unpause();
    await finished;
    expect(renewed).toEqual(['r', 'r']);
  });

  it('pauses with the failure when a judge cannot be opened, and continues when asked', async () => {
    const expected = await uninterrupted();
    let tries = 0;
    const beforeJudges = () => {
      if (++tries < 3) throw new LabError('judge-failed', 'Its script could not be fetched.');
    };
    const { start, next, store, controller } = tab({ beforeJudges });
    const paused = next(isStatus('paused'));
    await start();
    await paused;
    expect(await store.get('r')).toMatchObject({ status: 'paused', failure: { code: 'judge-failed' } });
    // `stepOnce` resolves even if its unit cannot be done.
    await controller.stepOnce();
    const finished = next(isStatus('finished'));
    controller.unpause();
    await finished;
    expect(tries).toBe(3);
    expect(await store.get('r')).toMatchObject({ status: 'finished', failure: null });
    expect(records(store)).toEqual(records(expected));
  });

  it('can be stopped while it is paused because a judge cannot be opened', async () => {
    let tries = 0;
    const beforeJudges = () => {
      tries++;
      throw new LabError('judge-failed', 'It is not stored here.');
    };
    const { start, next, store, controller } = tab({ beforeJudges });
    const paused = next(isStatus('paused'));
    await start();
    await paused;
    await controller.stop();
    expect(await store.get('r')).toMatchObject({ status: 'stopped', failure: null });
    expect(tries).toBe(1);
  });

  it('fails if a judge cannot be opened for another reason', async () => {
    const beforeJudges = () => {
      throw new LabError('no-webgpu', 'There is no GPU.');
    };
    const { start, next, store } = tab({ beforeJudges });
    const failed = next(isStatus('failed'));
    await start();
    await failed;
    expect(await store.get('r')).toMatchObject({ failure: { code: 'no-webgpu' } });
  });

  it.each(['generate', 'logps', 'trainStep', 'state'] as const)(
    'continues by itself if the device is lost during %s',
    async (work) => {
      const expected = await uninterrupted();
      let lost = 0;
      const before = (now: string) => {
        if (now === work && lost++ < 3) throw new LabError('device-lost', 'gone');
      };
      const { start, next, store, events } = tab({ script: { before } });
      const finished = next(isStatus('finished'));
      await start();
      await finished;
      const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.warning.code] : []));
      expect(warnings.filter((code) => code === 'device-recovered')).toHaveLength(3);
      expect(records(store)).toEqual(records(expected));
    },
  );

  it.each(['generate', 'logps', 'trainStep', 'state'] as const)(
    'fails at once if the device refuses a command during %s, and saves nothing after that',
    async (work) => {
      const expected = await uninterrupted();
      let calls = 0;
      const before = (now: string) => {
        if (now === work && ++calls === 1) throw new LabError('gpu-error', 'The graphics device refused a command.');
      };
      const { start, resume, next, store, events } = tab({ script: { before } });
      const failed = next(isStatus('failed'));
      await start();
      await failed;
      await lockReleased();
      expect(await store.get('r')).toMatchObject({ status: 'failed', failure: { code: 'gpu-error' } });
      expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
      expect(calls).toBe(1);
      const finished = next(isStatus('finished'));
      await resume();
      await finished;
      expect(records(store)).toEqual(records(expected));
    },
  );

  it('fails if the device is lost again and again, and can be resumed', async () => {
    const expected = await uninterrupted();
    let lost = 0;
    const beforePolicy = () => {
      if (lost++ < 4) throw new LabError('device-lost', 'The graphics device was lost.');
    };
    const { start, resume, next, store } = tab({ beforePolicy });
    const failed = next(isStatus('failed'));
    await start();
    await failed;
    await lockReleased();
    expect(await store.get('r')).toMatchObject({ status: 'failed', failure: { code: 'device-lost' } });
    const finished = next(isStatus('finished'));
    await resume();
    await finished;
    expect(records(store)).toEqual(records(expected));
  });

  it('fails if the disk is full, and keeps everything stored before', async () => {
    const expected = await uninterrupted();
    const full = (write: number) => {
      if (write > 8) throw new LabError('storage-full', 'The disk is full.');
    };
    const { start, resume, next, store, events } = tab({ store: new MemoryStore(full) });
    const failed = next(isStatus('failed'));
    await start();
    await failed;
    await lockReleased();
    const lastRunEvent = events.findLast((event) => event.type === 'run');
    expect(lastRunEvent).toMatchObject({ run: { status: 'failed', failure: { code: 'storage-full' } } });
    store.beforeWrite = () => {};
    const finished = next(isStatus('finished'));
    await resume();
    await finished;
    expect(records(store)).toEqual(records(expected));
  });

  describe('with a person as its judge', () => {
    const person = { judge: humanJudge, evaluationJudge: ruleJudge };
    const isWaiting = (event: LabEvent) => event.type === 'progress' && event.progress.phase === 'vote';

    async function voteAll({ store, controller }: ReturnType<typeof tab>): Promise<void> {
      const rollouts = (await store.rollouts('r', { purpose: 'train' })).filter(isOnBallot);
      for (const { iteration, arm, position } of rollouts) {
        await store.putVote('r', { iteration, arm, position, vote: 'skip', at: position });
      }
      controller.voted('another run');
      controller.voted('r');
    }

    it('waits for votes, and continues when they are cast', async () => {
      const its = tab(person);
      const waiting = its.next(isWaiting);
      await its.start();
      await waiting;
      expect(its.controller.progress).toMatchObject({ phase: 'vote', done: 0 });
      expect((await its.store.get('r'))?.status).toBe('running');
      const finished = its.next(isStatus('finished'));
      await voteAll(its);
      await finished;
      expect((await its.store.detail('r'))?.iterations).toHaveLength(1);
    });

    it('can be paused and stopped while it waits, and has its votes when it is resumed', async () => {
      const its = tab(person);
      const waiting = its.next(isWaiting);
      await its.start();
      await waiting;
      const paused = its.next(isStatus('paused'));
      its.controller.pause();
      await paused;
      // `stepOnce` resolves even if its unit cannot be done.
      await its.controller.stepOnce();
      await its.controller.stop();
      expect((await its.store.get('r'))?.status).toBe('stopped');
      await voteAll(its);
      const finished = its.next(isStatus('finished'));
      await its.resume();
      await finished;
    });
  });
});
