import { LabError } from '../../lib/errors';
import { parseRecipe } from '../../recipe/faults';
import type { Recipe } from '../../recipe/recipe';
import type { DrySample, Rollout, RolloutFilter } from '../../records/candidates';
import type { DeviceInfo, Estimate } from '../../records/device';
import type { RunDetail, RunSummary } from '../../records/runs';
import type { TuningStorage } from '../../storage/key-value/tuning';
import type { RunLock } from '../../storage/runs/run-lock';
import type { RunStore } from '../../tpo/store';
import type { EventFeed } from '../events/event-feed';
import type { JudgeLibrary } from '../judges/judge-library';
import { DrySampler } from './dry-sampler';
import type { Preflight } from './preflight';
import type { RunController } from './run-controller';
import type { RunServices } from './run-session';
import type { ShortTasks } from './short-tasks';
import { chosenRecipe, runName, runNotFound, type StoredRuns } from './stored-runs';

export interface RunParts extends Pick<RunServices, 'openPolicy' | 'prompts' | 'now'> {
  readonly store: RunStore;
  readonly lock: RunLock;
  readonly feed: EventFeed;
  readonly controller: RunController;
  readonly runs: StoredRuns;
  readonly preflight: Preflight;
  readonly tasks: ShortTasks;
  readonly judges: JudgeLibrary;
  readonly tuning: Pick<TuningStorage, 'deleteRun'>;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
}

export function runService(parts: RunParts) {
  const { store, lock, feed, controller, runs, preflight, tasks, judges, tuning, device } = parts;
  const dry = new DrySampler({
    ...parts,
    onProgress: (progress) => feed.emitHere({ type: 'dry-sample', progress }),
  });
  tasks.add('dry sample', () => dry.cancel());

  return {
    /** The memory and time that a run takes on this device, or why it cannot run. Allocates nothing. */
    estimate: async (recipe: Recipe): Promise<Estimate> => preflight.estimate(parseRecipe(recipe)),

    /**
     * Writes a few completions as a run of the recipe would, and stores nothing. It is cancelled by another dry sample
     * and by a run that starts.
     * @throws LabError cancelled, bad-recipe, does-not-fit, running-elsewhere: a run is running, here or in another
     * tab
     */
    async drySample(recipe: Recipe): Promise<DrySample> {
      const parsed = parseRecipe(recipe);
      return dry.take(parsed, async () => {
        await preflight.checkNew(parsed);
        await tasks.begin('dry sample');
      });
    },

    /** Resolves when the sample's device is free. `drySample` then rejects as `cancelled`. */
    cancelDrySample: (): Promise<void> => dry.cancel(),

    /**
     * Starts a new run. Resolves when it is stored; events report everything after that.
     * @throws LabError bad-recipe, does-not-fit, judge-failed, running-elsewhere, storage-full
     */
    async start(recipe: Recipe): Promise<RunSummary> {
      const parsed = parseRecipe(recipe);
      const { name } = await device();
      await preflight.checkNew(parsed);
      await tasks.cancelAll();
      const created = Date.now();
      const run: RunSummary = {
        id: crypto.randomUUID(),
        name: runName(parsed, await store.list()),
        created,
        updated: created,
        status: 'running',
        recipe: parsed,
        device: name,
        bytes: 0,
        iterations: 0,
        failure: null,
      };
      return controller.begin(run.id, async () => {
        await store.create(run);
        return run;
      });
    },

    /**
     * Resumes a stored run at its last commit. If a judge had reached its limit, it may use as much again.
     * @throws LabError not-found, does-not-fit, judge-failed, running-elsewhere
     */
    async resume(runId: string): Promise<RunSummary> {
      const run = await store.get(runId);
      if (!run) throw runNotFound();
      await preflight.check(chosenRecipe(run));
      await tasks.cancelAll();
      return controller.begin(runId, async () => {
        // Read again: another tab may have resumed the run in the meantime.
        const { failure } = (await store.get(runId)) ?? run;
        if (failure?.code === 'judge-limit') await (await judges.remote.get()).renew(runId);
        await store.update(runId, { status: 'running', failure: null, updated: Date.now() });
        return { ...run, status: 'running', failure: null };
      });
    },

    /** Takes effect at the next prompt or training step. Nothing is lost. */
    pause: async (): Promise<void> => controller.pause(),
    unpause: async (): Promise<void> => controller.unpause(),
    /** While paused: does one unit of work, such as a prompt's candidates or a training step, and pauses again. */
    stepOnce: (): Promise<void> => controller.stepOnce(),
    /** Ends the run and keeps everything. It can be resumed. */
    stop: (): Promise<void> => controller.stop(),

    /** The run that is running, here or in another tab; otherwise the one that was updated last. */
    current: (): Promise<RunDetail | null> => runs.current(),
    /** All stored runs, the newest first. */
    runs: (): Promise<readonly RunSummary[]> => runs.list(),
    /** @throws LabError not-found */
    run: (runId: string): Promise<RunDetail> => runs.detail(runId),
    rollouts: (runId: string, filter: RolloutFilter): Promise<readonly Rollout[]> => store.rollouts(runId, filter),

    async renameRun(runId: string, name: string): Promise<void> {
      await store.update(runId, { name });
      const run = await store.get(runId);
      if (run) feed.emit({ type: 'run', run: await runs.withStatus(run) });
    },

    /** @throws LabError running-elsewhere: it is running */
    async deleteRun(runId: string): Promise<void> {
      if ((await lock.holder())?.runId === runId) {
        throw new LabError('running-elsewhere', 'This run is running.', 'Stop it first, then delete it.');
      }
      await store.delete(runId);
      await tuning.deleteRun(runId);
      await (await judges.remote.get()).forgetRun(runId);
    },
  };
}
