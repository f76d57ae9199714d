import type { OpenJudge } from '../../judges/judge';
import { Random } from '../../lib/random';
import type { Arm } from '../../recipe/recipe';
import type { CellName, Rollout } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import type { LabEvent } from '../../records/events';
import type { RunSummary } from '../../records/runs';
import type { Cell } from '../arm-iteration';
import type { LoopProgress } from '../progress/loop-progress';
import type { RunLog } from '../run-log';
import type { RunStore } from '../store';
import { placed } from '../warnings/warnings';
import { earlyStopWarning, stoppedBefore } from './best-checkpoint';
import type { Opponent } from './comparing';
import { summarizeEvaluation } from './evaluation';

export interface EvaluationParts {
  readonly run: RunSummary;
  readonly store: RunStore;
  /** Of the candidates that are trained on, and of the held-out samples; they may be one. */
  readonly judge: OpenJudge;
  readonly evaluationJudge: OpenJudge;
  emit(event: LabEvent): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** What becomes of a cell's held-out samples: compared with other policies' where the judge asks for it, then summed up. */
export class CellEvaluation {
  /** Of the cell under way. */
  private opponents: { readonly cell: Cell; readonly all: readonly Opponent[] } | null = null;

  constructor(
    private readonly parts: EvaluationParts,
    private readonly log: RunLog,
    private readonly progress: LoopProgress,
  ) {}

  /**
   * One more prompt compared, stored; false where nothing is left to be compared.
   * @throws LabError judge-failed (to call again is to try again)
   */
  async compare(cell: Cell): Promise<boolean> {
    const { run, store, evaluationJudge, emit, now } = this.parts;
    if (!evaluationJudge.relative || cell.evaluated) return false;
    const { compared, uncompared } = await import('./comparing');
    if (this.opponents?.cell !== cell) this.opponents = { cell, all: await this.opponentsOf(cell) };
    const { all: opponents } = this.opponents;
    const { evaluation } = cell;
    const left = uncompared(evaluation.all(), opponents);
    const [next] = left;
    if (next === undefined) return false;
    const report = (done: number) => this.progress.report('judge', cell, done, evaluation.size, 'prompts');
    // The policy may not have come to rest.
    if (evaluationJudge.pace === 'policy-idle') await evaluation.interrupt();
    this.progress.begin('compare', cell.arm);
    report(evaluation.size - left.length);
    let rollout: Rollout | null = null;
    try {
      rollout = await compared(next, opponents, evaluationJudge, now);
    } finally {
      this.progress.end(rollout ? rollout.comparisons.length - next.comparisons.length : 0);
    }
    await store.putRollout(run.id, rollout);
    evaluation.replace(rollout);
    emit({ type: 'rollout', rollout });
    report(evaluation.size - left.length + 1);
    return true;
  }

  /** Sums it up, and completes the thinking arm's evaluation where this one is what it is held against. */
  async sumUp(cell: Cell): Promise<void> {
    const { iteration, arm } = cell;
    const { recipe } = this.parts.run;
    const own = cell.evaluation.all();
    const summary = summarizeEvaluation(own, { iteration, arm, seed: recipe.seed, relative: this.relative });
    const evaluation = await this.withFacts(await this.withWinRates(summary, own), own);
    const other = this.log.evaluationOf({ iteration, arm: otherOf(arm) });
    // First: where this is interrupted, the cell is summed up again.
    if (arm === 'direct' && other) await this.log.putEvaluation(await this.againstDirect(other, own));
    await this.log.addEvaluation(evaluation);
    if (
      iteration < recipe.iterations &&
      stoppedBefore(recipe, this.log.evaluations, { iteration: iteration + 1, arm })
    )
      await this.log.warn(earlyStopWarning(this.log.evaluations, arm));
    cell.evaluated = true;
    this.opponents = null;
  }

  /** A judge of the evaluation alone is looked at as the other one is. */
  private async withFacts(evaluation: Evaluation, own: readonly Rollout[]): Promise<Evaluation> {
    const { run, judge, evaluationJudge } = this.parts;
    if (judge === evaluationJudge) return evaluation;
    const [{ evaluationFacts }, { checkableShare, judgeWarnings }] = await Promise.all([
      import('./evaluation-facts'),
      import('../warnings/judge-warnings'),
    ]);
    const judgeFacts = evaluationFacts(own, this.relative ? await this.opponentsOf(evaluation) : null);
    if (judgeFacts === null) return evaluation;
    const found = judgeWarnings(judgeFacts, run.recipe, checkableShare(own), 'evaluation');
    await this.log.warn(found.map((warning) => placed(warning, evaluation)));
    return { ...evaluation, judgeFacts };
  }

  private async withWinRates(summary: Evaluation, own: readonly Rollout[]): Promise<Evaluation> {
    const { iteration, arm } = summary;
    let evaluation = summary;
    if (iteration > 0) {
      const { matches, winRate } = await import('./win-rate');
      const seed = await this.rolloutsOf({ iteration: 0, arm });
      const rate = winRate('seed', matches(own, seed, this.relative), () => this.random('seed', summary));
      if (rate) evaluation = { ...summary, winRates: [rate] };
    }
    const direct = { iteration, arm: 'direct' } as const;
    if (arm === 'direct' || !this.log.evaluationOf(direct)) return evaluation;
    return this.againstDirect(evaluation, await this.rolloutsOf(direct), own);
  }

  /** @param direct rollouts of the direct arm after the same iteration */
  private async againstDirect(
    evaluation: Evaluation,
    direct: readonly Rollout[],
    thinking?: readonly Rollout[],
  ): Promise<Evaluation> {
    const { matches, winRate } = await import('./win-rate');
    const { categoryDifferences } = await import('./category-differences');
    const own = thinking ?? (await this.rolloutsOf(evaluation));
    const rate = winRate('direct', matches(own, direct, this.relative), () => this.random('direct', evaluation));
    const differences = categoryDifferences(own, direct, this.relative, (name) =>
      this.random(`difference/${name}`, evaluation),
    );
    return {
      ...evaluation,
      winRates: [...evaluation.winRates.filter(({ against }) => against !== 'direct'), ...(rate ? [rate] : [])],
      ...(differences && { differences }),
    };
  }

  private get relative(): boolean {
    return this.parts.evaluationJudge.relative === true;
  }

  /** The recipe's seed: the same rollouts always give the same intervals. */
  private random(what: string, { iteration, arm }: CellName): Random {
    return new Random(this.parts.run.recipe.seed, `bootstrap/${what}/${arm}/${iteration}`);
  }

  /** The seed model, and the other arm where it has been evaluated before this one. */
  private async opponentsOf({ iteration, arm }: CellName): Promise<Opponent[]> {
    const other = { iteration, arm: otherOf(arm) };
    const places: CellName[] = [
      ...(iteration > 0 ? [{ iteration: 0, arm }] : []),
      ...(this.log.evaluationOf(other) ? [other] : []),
    ];
    return Promise.all(places.map(async (place) => ({ place, rollouts: await this.rolloutsOf(place) })));
  }

  private rolloutsOf({ iteration, arm }: CellName): Promise<readonly Rollout[]> {
    return this.parts.store.rollouts(this.parts.run.id, { purpose: 'evaluate', iteration, arm });
  }
}

const otherOf = (arm: Arm): Arm => (arm === 'thinking' ? 'direct' : 'thinking');
