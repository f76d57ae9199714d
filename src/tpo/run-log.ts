import type { ArmIteration } from '../records/candidates';
import type { Evaluation } from '../records/evaluations';
import type { LabEvent } from '../records/events';
import type { Warning } from '../records/progress';
import type { RunDetail } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';
import type { RunStore } from './store';
import { evaluationWarnings } from './warnings/warnings';

type Logged = Pick<RunDetail, 'evaluations' | 'steps' | 'sftSteps' | 'warnings'>;

/**
 * The metrics, evaluations and warnings of a run. Each is stored and emitted once, however often the run is
 * interrupted.
 */
export class RunLog {
  private readonly evaluated: Evaluation[];
  private readonly steps: StepMetrics[];
  private readonly sft: SftStep[];
  private readonly warned: Set<string>;

  constructor(
    private readonly runId: string,
    private readonly store: RunStore,
    private readonly emit: (event: LabEvent) => void,
    stored: Logged | null,
  ) {
    this.evaluated = [...(stored?.evaluations ?? [])];
    this.steps = [...(stored?.steps ?? [])];
    this.sft = [...(stored?.sftSteps ?? [])];
    this.warned = new Set(stored?.warnings.map(nameOf));
  }

  stepsOf({ iteration, arm }: ArmIteration): StepMetrics[] {
    return this.steps.filter((step) => step.iteration === iteration && step.arm === arm);
  }

  /** The steps of the warm-up. */
  get sftSteps(): readonly SftStep[] {
    return this.sft;
  }

  evaluationOf({ iteration, arm }: ArmIteration): Evaluation | null {
    return this.evaluated.find((other) => other.iteration === iteration && other.arm === arm) ?? null;
  }

  /** Adds a step that a commit has stored. */
  addStep(step: StepMetrics): void {
    this.steps.push(step);
    this.emit({ type: 'step', step });
  }

  /** Adds an SFT step that a commit has stored. */
  addSftStep(step: SftStep): void {
    this.sft.push(step);
    this.emit({ type: 'sft-step', step });
  }

  get evaluations(): readonly Evaluation[] {
    return this.evaluated;
  }

  /** Stores a new evaluation and warns about what it shows. */
  async addEvaluation(evaluation: Evaluation): Promise<void> {
    const before = this.evaluated.filter(
      ({ arm, iteration }) => arm === evaluation.arm && iteration < evaluation.iteration,
    );
    await this.putEvaluation(evaluation);
    await this.warn(evaluationWarnings([...before, evaluation]));
  }

  /** Stores an evaluation, in place of an earlier version of it. */
  async putEvaluation(evaluation: Evaluation): Promise<void> {
    await this.store.putEvaluation(this.runId, evaluation);
    this.emit({ type: 'evaluation', evaluation });
    const index = this.evaluated.findIndex(
      ({ arm, iteration }) => arm === evaluation.arm && iteration === evaluation.iteration,
    );
    if (index < 0) this.evaluated.push(evaluation);
    else this.evaluated[index] = evaluation;
  }

  async addIteration(iteration: IterationSummary): Promise<void> {
    await this.store.putIteration(this.runId, iteration);
    this.emit({ type: 'iteration', iteration });
  }

  /** Stores and emits those warnings that the run does not have yet. */
  async warn(warnings: readonly Warning[]): Promise<void> {
    for (const warning of warnings) {
      if (this.warned.has(nameOf(warning))) continue;
      await this.store.putWarning(this.runId, warning);
      this.warned.add(nameOf(warning));
      this.emit({ type: 'warning', warning });
    }
  }
}

const nameOf = ({ code, message }: Warning): string => `${code} ${message}`;
