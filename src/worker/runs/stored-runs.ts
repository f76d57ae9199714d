import { LabError } from '../../lib/errors';
import { KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { Progress } from '../../records/progress';
import type { RunDetail, RunSummary } from '../../records/runs';
import type { RunLock } from '../../storage/runs/run-lock';
import { bestIterations } from '../../tpo/evaluation/best-checkpoint';
import type { RunStore } from '../../tpo/store';

/** The run that this tab is running, or has run. */
export interface CurrentRun {
  readonly runId: string | null;
  readonly progress: Progress | null;
  /** How a run of this tab ended that is no longer running. */
  endOf(runId: string): Pick<RunSummary, 'status' | 'failure'>;
}

/**
 * Stored runs with their present status: the stored one is out of date if a tab was closed or crashed during its run.
 */
export class StoredRuns {
  constructor(
    private readonly store: RunStore,
    private readonly lock: Pick<RunLock, 'holder'>,
    private readonly controller: CurrentRun,
  ) {}

  async list(): Promise<readonly RunSummary[]> {
    return Promise.all((await this.store.list()).map((run) => this.withStatus(run)));
  }

  /** @throws LabError not-found */
  async detail(runId: string): Promise<RunDetail> {
    const found = await this.store.detail(runId);
    if (!found) throw runNotFound();
    return {
      ...found,
      summary: await this.withStatus(found.summary),
      best: bestIterations(found.evaluations),
      progress: this.controller.runId === runId ? this.controller.progress : null,
    };
  }

  /** The run that is running, in this tab or another; otherwise the one that was updated last. */
  async current(): Promise<RunDetail | null> {
    const holder = await this.lock.holder();
    const [last] = [...(await this.store.list())].sort((a, b) => b.updated - a.updated);
    const runId = this.controller.runId ?? holder?.runId ?? last?.id;
    return runId === undefined ? null : this.detail(runId);
  }

  async withStatus(run: RunSummary): Promise<RunSummary> {
    if (run.status !== 'running' && run.status !== 'paused') return run;
    const holder = await this.lock.holder();
    return holder?.runId === run.id ? run : { ...run, ...this.controller.endOf(run.id) };
  }

  /** @throws LabError running-elsewhere: the recipe of a running run, here or in another tab, uses the model */
  async requireUnused(uses: (recipe: Recipe) => boolean): Promise<void> {
    const running = await this.lock.holder();
    const recipe = running === null ? undefined : (await this.store.get(running.runId))?.recipe;
    if (recipe === undefined || !uses(recipe)) return;
    throw new LabError('running-elsewhere', 'A run uses this model.', 'Stop the run first, then delete the model.');
  }

  /**
   * The newest run of this model on this device that has an evaluation, among the newest three. Null if there is
   * none.
   */
  async lastMeasured({ model }: Pick<Recipe, 'model'>, device: string): Promise<RunDetail | null> {
    const runs = (await this.store.list()).filter((run) => run.recipe.model === model && run.device === device);
    for (const { id } of runs.slice(0, 3)) {
      const detail = await this.store.detail(id);
      if (detail && detail.evaluations.length > 0) return detail;
    }
    return null;
  }
}

export const runNotFound = (): LabError =>
  new LabError('not-found', 'This run is not stored here.', 'It may have been deleted in another tab.');

/** A run's recipe with the number of lanes that the run has chosen, if it has. */
export const chosenRecipe = ({ recipe, lanes }: Pick<RunSummary, 'recipe' | 'lanes'>): Recipe =>
  lanes === undefined ? recipe : { ...recipe, lanes };

/** The name of a new run: its model and judge, with a number if another run has that name already. */
export function runName(recipe: Recipe, others: readonly Pick<RunSummary, 'name'>[]): string {
  const name = `${recipe.model}, ${KINDS[recipe.judge].runName(recipe)}`;
  const taken = new Set(others.map((other) => other.name));
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
