/** Trains adapters on the device: scoring, preference steps, optimiser state. */
import type { PlannedRun } from '../engine/pace';
import { assert } from '../lib/assert';
import { LabError } from '../lib/errors';
import { batchPairs, checkBatch, microBatches, type PairBatch, type PairTokens, pairRows } from './batch';
import type { BatchCapacity } from './plans';
import type { Workspace } from './workspace';

export interface ScoredPair {
  readonly chosen: number;
  readonly rejected: number;
}

export interface TrainerState {
  readonly weights: Float32Array;
  readonly m: Float32Array | null;
  readonly v: Float32Array | null;
  readonly step: number;
}

export interface StepOutcome {
  readonly loss: number;
  /** Summed log-probabilities of each pair before the update. */
  readonly logps: readonly ScoredPair[];
  readonly gradNorm: number;
  readonly tokens: number;
}

/**
 * Weights of the two terms of a step: the mean of the pairs' preference losses, and the mean negative log-likelihood
 * of a chosen token.
 */
export interface StepWeights {
  /** With 0 the rejected are ignored and may be empty. */
  readonly preference: number;
  readonly sft: number;
}

const PREFERENCE: StepWeights = { preference: 1, sft: 0 };
/** SFT on the chosen completions, with the same plan as a preference step. */
export const SFT: StepWeights = { preference: 0, sft: 1 };

export class Trainer {
  /** The adapter whose moments are on the device, and the number of updates in them. */
  private current: { adapter: string; step: number } | null = null;

  constructor(private readonly workspace: Workspace) {}

  /**
   * Returns the summed log-probabilities of the completions under an adapter. With null they are those of the base
   * weights, within the plan for verdicts.
   * @throws LabError batch-limit, device-lost
   */
  async score(adapter: string | null, pairs: readonly PairTokens[]): Promise<ScoredPair[]> {
    const { pace, readback, plan: planned } = this.workspace;
    const capacity = adapter === null ? planned.spec.verdicts : planned.spec.batch;
    if (capacity === null) throw new Error('the workspace has no plan for verdicts');
    const plans = await this.workspace.training;
    const plan = adapter === null ? plans.verdict : plans.scoring;
    const buffers = adapter === null ? this.workspace.bare : this.workspace.slots(adapter);
    const scored: ScoredPair[] = [];
    for (const pairsOfBatch of microBatches(pairs, pairRows, capacity.rows, capacity.pairs)) {
      const batch = batchPairs(pairsOfBatch);
      this.writeBatch(
        batch,
        capacity,
        pairsOfBatch.map(() => ({ chosen: 0, rejected: 0 })),
      );
      const values = { rows: batch.rows, scored: batch.scored, pairs: batch.pairs, lossWeight: 0, sftWeight: 0 };
      plan.prepare(values);
      pace.submit('scoring', [{ plan, buffers, values }]);
      const [results] = await readback.read([{ buffer: this.workspace.buffer('results'), bytes: batch.pairs * 16 }]);
      scored.push(...readResults(results as ArrayBuffer).map(({ chosen, rejected }) => ({ chosen, rejected })));
    }
    return scored;
  }

  /** Resets the moments for a new iteration. */
  begin(adapter: string): void {
    const { device } = this.workspace;
    const encoder = device.gpu.createCommandEncoder({ label: 'new moments' });
    for (const label of ['adam m', 'adam v']) encoder.clearBuffer(this.workspace.buffer(label));
    device.gpu.queue.submit([encoder.finish()]);
    this.current = { adapter, step: 0 };
  }

  /**
   * One update on the loss of the pairs. Pairs that do not fit one batch are accumulated over micro-batches.
   * @throws LabError batch-limit, device-lost, not-finite (the adapter on the device is then damaged and must not be
   * saved)
   */
  async step(
    adapter: string,
    pairs: readonly PairTokens[],
    reference: readonly ScoredPair[],
    learningRate: number,
    weights = PREFERENCE,
  ): Promise<StepOutcome> {
    const outcome = await this.accumulate(adapter, pairs, reference, weights, learningRate);
    if (!Number.isFinite(outcome.loss) || !Number.isFinite(outcome.gradNorm)) {
      throw new LabError(
        'not-finite',
        `The loss became ${outcome.loss} (gradient norm ${outcome.gradNorm}). Training stopped before saving.`,
        'Continue from the last checkpoint with a lower learning rate, or turn gradient clipping on.',
      );
    }
    return outcome;
  }

  /** Computes the gradient into `adapter grad`, without an update. */
  gradient(
    adapter: string,
    pairs: readonly PairTokens[],
    reference: readonly ScoredPair[],
    weights = PREFERENCE,
  ): Promise<StepOutcome> {
    return this.accumulate(adapter, pairs, reference, weights, null);
  }

  private async accumulate(
    adapter: string,
    pairs: readonly PairTokens[],
    reference: readonly ScoredPair[],
    weights: StepWeights,
    learningRate: number | null,
  ): Promise<StepOutcome> {
    const { pace, readback, plan } = this.workspace;
    const plans = await this.workspace.training;
    const slots = this.workspace.slots(adapter);
    const chosenTokens = pairs.reduce((sum, { chosen }) => sum + chosen.length, 0);
    const logps: ScoredPair[] = [];
    let loss = 0;
    let tokens = 0;
    let gradNorm = Number.NaN;
    const { rows, pairs: most } = plan.spec.batch;
    const batches = microBatches(pairs, pairRows, rows, most);
    for (const [i, pairsOfBatch] of batches.entries()) {
      const batch = batchPairs(pairsOfBatch);
      this.writeBatch(batch, plan.spec.batch, reference.slice(logps.length, logps.length + batch.pairs));
      const values = {
        rows: batch.rows,
        scored: batch.scored,
        pairs: batch.pairs,
        lossWeight: weights.preference / pairs.length,
        sftWeight: weights.sft / chosenTokens,
      };
      plans.gradient.prepare(values);
      const runs: PlannedRun[] = [{ plan: plans.gradient, buffers: slots, values }];
      if (i === batches.length - 1 && learningRate !== null) {
        const step = this.nextStep(adapter);
        const { beta1, beta2 } = plan.spec.optimizer;
        const update = { learningRate, correction1: 1 - beta1 ** step, correction2: Math.sqrt(1 - beta2 ** step) };
        plans.update.prepare(update);
        runs.push({ plan: plans.update, buffers: slots, values: update });
      }
      pace.submit('training step', runs, (encoder) => {
        if (i === 0) encoder.clearBuffer(this.workspace.buffer('adapter grad'));
      });
      const [results, norm] = await readback.read([
        { buffer: this.workspace.buffer('results'), bytes: batch.pairs * 16 },
        { buffer: this.workspace.buffer('norm'), bytes: 4 },
      ]);
      for (const result of readResults(results as ArrayBuffer)) {
        logps.push({ chosen: result.chosen, rejected: result.rejected });
        loss += result.loss;
      }
      tokens += batch.rows + batch.pairs;
      gradNorm = new Float32Array(norm as ArrayBuffer)[0] ?? Number.NaN;
    }
    return { loss, logps, gradNorm, tokens };
  }

  /** The weights, and the moments if the device holds those of this adapter. */
  async state(adapter: string): Promise<TrainerState> {
    const current = this.current?.adapter === adapter ? this.current : null;
    const bytes = this.workspace.plan.spec.adapter.size * 4;
    const labels = [`adapter ${adapter}`, ...(current ? ['adam m', 'adam v'] : [])];
    const read = await this.workspace.readback.read(
      labels.map((label) => ({ buffer: this.workspace.buffer(label), bytes })),
    );
    const [weights, m, v] = read.map((buffer) => new Float32Array(buffer));
    return { weights: weights as Float32Array, m: m ?? null, v: v ?? null, step: current?.step ?? 0 };
  }

  setState(adapter: string, { weights, m, v, step }: TrainerState): void {
    this.workspace.write(`adapter ${adapter}`, weights);
    if (m === null || v === null) {
      if (this.current?.adapter === adapter) this.current = null;
      return;
    }
    this.workspace.write('adam m', m);
    this.workspace.write('adam v', v);
    this.current = { adapter, step };
  }

  private nextStep(adapter: string): number {
    if (this.current?.adapter !== adapter) this.begin(adapter);
    const current = this.current as { adapter: string; step: number };
    return ++current.step;
  }

  /** @throws LabError batch-limit */
  private writeBatch(batch: PairBatch, capacity: BatchCapacity, reference: readonly ScoredPair[]): void {
    const { spec, positions } = this.workspace.plan;
    checkBatch('training batch', batch, capacity, { vocabulary: spec.weights.model.config.vocabulary, positions });
    assert(reference.length === batch.pairs, `${reference.length} reference scores for ${batch.pairs} pairs`);
    for (const label of [
      'tokens',
      'positions',
      'kvRows',
      'ranges',
      'visibleTo',
      'targets',
      'branchOf',
      'branches',
    ] as const) {
      this.workspace.write(label, batch[label]);
    }
    this.workspace.write(
      'reference',
      Float32Array.from(reference.flatMap(({ chosen, rejected }) => [chosen, rejected])),
    );
  }
}

function readResults(buffer: ArrayBuffer): { loss: number; chosen: number; rejected: number }[] {
  const values = new Float32Array(buffer);
  return Array.from({ length: values.length / 4 }, (_, i) => ({
    loss: values[4 * i] as number,
    chosen: values[4 * i + 1] as number,
    rejected: values[4 * i + 2] as number,
  }));
}
