import { LabError } from '../../lib/errors';
import { ARMS, type Arm } from '../../recipe/recipe';
import type { ArmIteration, Purpose, Rollout, RolloutFilter } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import type { CastVote, RejudgedPair, RejudgedPrompt, Rejudgement, StoredJudgement } from '../../records/judgements';
import type { PromptPlace, StoredPairEdit } from '../../records/pairs';
import type { Warning } from '../../records/progress';
import type { Checkpoint, RunDetail, RunSummary } from '../../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../../records/training';
import type { RunStore } from '../store';

/** A checkpoint with plain arrays, because JSON has no Float32Array. */
interface StoredHead extends Omit<Checkpoint, 'state'> {
  readonly state: {
    readonly weights: number[];
    readonly m: number[] | null;
    readonly v: number[] | null;
    readonly step: number;
  };
}

const PURPOSES = ['train', 'evaluate', 'warm-up'] as const satisfies readonly Purpose[];

/**
 * A run store in memory, for tests. Records are copied as JSON when they are stored, so that nothing is shared by
 * accident and two stores can be compared as a whole.
 */
export class MemoryStore implements RunStore {
  readonly records = new Map<string, unknown>();
  writes = 0;

  /**
   * @param beforeWrite called before each write with its number, from 0; throws to simulate a crash
   */
  constructor(public beforeWrite: (write: number) => void = () => {}) {}

  async create(run: RunSummary): Promise<void> {
    this.write(['run', run.id], run);
  }

  async update(runId: string, change: Partial<RunSummary>): Promise<void> {
    this.put(['run', runId], { ...(await this.get(runId)), ...change });
  }

  async list(): Promise<readonly RunSummary[]> {
    return this.all<RunSummary>('run').sort((a, b) => b.created - a.created);
  }

  async get(runId: string): Promise<RunSummary | null> {
    return this.one(['run', runId]);
  }

  async detail(runId: string): Promise<RunDetail | null> {
    const summary = await this.get(runId);
    if (!summary) return null;
    const byStep = (a: StepMetrics | SftStep, b: StepMetrics | SftStep) => byArmIteration(a, b) || a.step - b.step;
    return {
      summary,
      evaluations: this.all<Evaluation>(`evaluation ${runId}`).sort(byArmIteration),
      iterations: this.all<IterationSummary>(`iteration ${runId}`).sort(byArmIteration),
      steps: this.all<StepMetrics>(`step ${runId}`)
        .filter(({ iteration }) => iteration > 0)
        .sort(byStep),
      sftSteps: this.all<SftStep>(`step ${runId} 0`).sort(byStep),
      warnings: this.all<Warning>(`warning ${runId}`),
      progress: null,
    };
  }

  async delete(runId: string): Promise<void> {
    for (const key of [...this.records.keys()]) if (key.split(' ')[1] === runId) this.records.delete(key);
  }

  async putRollout(runId: string, rollout: Rollout): Promise<void> {
    this.put(['rollout', runId, rollout.purpose, rollout.iteration, rollout.arm, rollout.position], rollout);
  }

  async rollouts(runId: string, { purpose, arm, iteration }: RolloutFilter): Promise<readonly Rollout[]> {
    return this.all<Rollout>(`rollout ${runId}`)
      .filter((rollout) => purpose === undefined || rollout.purpose === purpose)
      .filter((rollout) => arm === undefined || rollout.arm === arm)
      .filter((rollout) => iteration === undefined || rollout.iteration === iteration)
      .sort(
        (a, b) =>
          byArmIteration(a, b) || PURPOSES.indexOf(a.purpose) - PURPOSES.indexOf(b.purpose) || a.position - b.position,
      );
  }

  async putEvaluation(runId: string, evaluation: Evaluation): Promise<void> {
    this.put(['evaluation', runId, evaluation.iteration, evaluation.arm], evaluation);
  }

  async putIteration(runId: string, iteration: IterationSummary): Promise<void> {
    this.put(['iteration', runId, iteration.iteration, iteration.arm], iteration);
  }

  async putWarning(runId: string, warning: Warning): Promise<void> {
    this.put(['warning', runId, warning.code, warning.message], warning);
  }

  async commit(runId: string, checkpoint: Checkpoint, metrics: StepMetrics | SftStep | null): Promise<void> {
    const { weights, m, v, step } = checkpoint.state;
    const head: StoredHead = { ...checkpoint, state: { weights: [...weights], m: m && [...m], v: v && [...v], step } };
    this.put(['head', runId, checkpoint.arm], head);
    if (metrics === null) return;
    // Part of the same transaction: not a write of its own.
    const key = ['step', runId, metrics.iteration, metrics.arm, metrics.step].join(' ');
    this.records.set(key, structuredClone(metrics));
  }

  async head(runId: string, arm: Arm): Promise<Checkpoint | null> {
    const head = this.one<StoredHead>(['head', runId, arm]);
    if (!head) return null;
    const { weights, m, v, step } = head.state;
    const state = {
      weights: Float32Array.from(weights),
      m: m && Float32Array.from(m),
      v: v && Float32Array.from(v),
      step,
    };
    return { ...head, state };
  }

  async putIterationAdapter(runId: string, arm: Arm, iteration: number, weights: Float32Array): Promise<void> {
    this.put(['adapter', runId, arm, iteration], [...weights]);
  }

  async iterationAdapter(runId: string, arm: Arm, iteration: number): Promise<Float32Array | null> {
    const weights = this.one<number[]>(['adapter', runId, arm, iteration]);
    return weights && Float32Array.from(weights);
  }

  async putVote(runId: string, vote: CastVote): Promise<void> {
    this.put(['vote', ...placeOf(runId, vote)], vote);
  }

  async deleteVote(runId: string, place: PromptPlace): Promise<void> {
    this.records.delete(['vote', ...placeOf(runId, place)].join(' '));
  }

  async votes(runId: string): Promise<readonly CastVote[]> {
    return this.all<CastVote>(`vote ${runId}`).sort((a, b) => a.at - b.at);
  }

  async editPair(...[runId, place, change]: Parameters<RunStore['editPair']>): Promise<StoredPairEdit | null> {
    const key = ['edit', ...placeOf(runId, place)] as const;
    const head = await this.head(runId, place.arm);
    const saved = await this.iterationAdapter(runId, place.arm, place.iteration);
    const begun =
      head?.iteration === place.iteration ? head.reference !== null : (head?.iteration ?? 0) > place.iteration;
    const edit = change(this.one(key), begun || saved !== null);
    if (edit) this.put(key, edit);
    else this.records.delete(key.join(' '));
    return edit;
  }

  async pairEdits(runId: string): Promise<readonly StoredPairEdit[]> {
    return this.all<StoredPairEdit>(`edit ${runId}`).sort((a, b) => byArmIteration(a, b) || a.position - b.position);
  }

  async putRejudgement(rejudgement: Rejudgement, judged: readonly RejudgedPrompt[]): Promise<void> {
    const { runId, id } = rejudgement;
    this.put(['rejudgement', runId, id], rejudgement);
    for (const one of judged) this.put(['rejudged', runId, id, one.position], one);
  }

  async rejudgements(runId: string): Promise<readonly Rejudgement[]> {
    return this.all<Rejudgement>(`rejudgement ${runId}`).sort((a, b) => b.created - a.created);
  }

  async rejudgedPairs(runId: string, id: string): Promise<readonly RejudgedPair[]> {
    const found = this.all<RejudgedPrompt>(`rejudged ${runId} ${id}`).sort((a, b) => a.position - b.position);
    return found.map(({ judgement: _, ...pair }) => pair);
  }

  async rejudgedJudgement(runId: string, id: string, position: number): Promise<StoredJudgement | null> {
    return this.one<RejudgedPrompt>(['rejudged', runId, id, position])?.judgement ?? null;
  }

  async deleteRejudgement(runId: string, id: string): Promise<void> {
    this.records.delete(['rejudgement', runId, id].join(' '));
    for (const key of [...this.records.keys()])
      if (key.startsWith(`rejudged ${runId} ${id} `)) this.records.delete(key);
  }

  /**
   * Stores a record under a key whose second part is the run's id.
   * @throws LabError not-found: there is no such run
   */
  private put(key: readonly [string, string, ...(string | number)[]], value: unknown): void {
    if (!this.records.has(`run ${key[1]}`)) throw new LabError('not-found', `There is no run ${key[1]}.`);
    this.write(key, value);
  }

  private write(key: readonly (string | number)[], value: unknown): void {
    this.beforeWrite(this.writes++);
    this.records.set(key.join(' '), JSON.parse(JSON.stringify(value)));
  }

  private all<T>(prefix: string): T[] {
    const found: T[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: records with the same prefix have the same type
    for (const [key, value] of this.records) if (key.startsWith(`${prefix} `)) found.push(value as any);
    return found.map((value) => structuredClone(value));
  }

  private one<T>(key: readonly (string | number)[]): T | null {
    // biome-ignore lint/suspicious/noExplicitAny: records with the same prefix have the same type
    return structuredClone((this.records.get(key.join(' ')) as any) ?? null);
  }
}

const placeOf = (runId: string, { iteration, arm, position }: PromptPlace) =>
  [runId, iteration, arm, position] as const;

const byArmIteration = (a: ArmIteration, b: ArmIteration): number =>
  a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm);
