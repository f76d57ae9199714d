/**
 * The plans of training: the gradient of a preference step, scoring without a gradient, and the update of the
 * optimiser.
 */
import { adamw } from '../engine/ops/adamw';
import { logprob } from '../engine/ops/logprob';
import { preferenceLoss } from '../engine/ops/preference-loss';
import { type Planned, Planner } from '../engine/planner';
import { Dim } from '../engine/tensor';
import type { Tuning } from '../engine/tuning';
import type { AdapterLayout } from '../model/adapter-layout';
import { type ModelWeights, transformer } from '../model/transformer';
import type { LossKind } from '../recipe/recipe';

/** Most rows, scored rows and pairs in one micro-batch. */
export interface BatchCapacity {
  readonly rows: number;
  readonly scored: number;
  readonly pairs: number;
}

export interface LossSpec {
  readonly kind: LossKind;
  readonly beta: number;
  readonly labelSmoothing: number;
}

export interface OptimizerSpec {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  readonly maxNorm: number;
}

interface ScoringOptions {
  readonly weights: ModelWeights;
  readonly adapter: AdapterLayout | null;
  readonly capacity: BatchCapacity;
  /** Number of tokens of the longest prompt with one of its completions. */
  readonly longest: number;
  /** Number of logit columns that exist at once. */
  readonly chunk: number;
  readonly tuning: Tuning;
}

/**
 * Keys that a row sees on average, as a share of the longest prompt with one completion. For pairs of equal length it
 * is between 0.5 and 0.59, whatever part of them is the prompt.
 */
const SEEN = 0.55;

/**
 * Slots of a pair batch, by label: `tokens positions kvRows ranges visibleTo targets branchOf branches reference
 * results dbranch`, `ropeTable`, `adapter`, `adapter grad`. Values: `rows scored pairs lossWeight sftWeight`.
 */
function forwardPairs(o: ScoringOptions, loss: LossSpec, train: boolean, checkpointing: boolean): Planner {
  const p = new Planner(o.tuning);
  const rows = new Dim('rows', o.capacity.rows);
  const scored = new Dim('scored', o.capacity.scored);
  const pairs = new Dim('pairs', o.capacity.pairs);
  const size = o.adapter?.size ?? 0;
  const hidden = transformer(p, {
    weights: o.weights,
    adapter: o.adapter && {
      layout: o.adapter,
      parameters: p.slot('adapter', [size]),
      grad: train ? p.slot('adapter grad', [size]) : null,
    },
    rows: {
      tokens: p.slot('tokens', [rows], 'u32'),
      positions: p.slot('positions', [rows], 'u32'),
      kvRows: p.slot('kvRows', [rows], 'u32'),
      ranges: p.slot('ranges', [rows, 4], 'u32'),
      visibleTo: p.slot('visibleTo', [rows, 4], 'u32'),
      ropeTable: p.slot('ropeTable', []),
    },
    keys: SEEN * o.longest,
    scored,
    checkpointing,
  });
  const dbranch = p.slot('dbranch', [pairs, 2]);
  const logps = logprob(p, {
    hidden,
    head: o.weights.head,
    targets: p.slot('targets', [scored], 'u32'),
    branches: p.slot('branchOf', [scored], 'u32'),
    dbranch,
    chunk: o.chunk,
  });
  preferenceLoss(p, {
    logps,
    pairs,
    branches: p.slot('branches', [pairs, 4], 'u32'),
    reference: p.slot('reference', [pairs, 2]),
    results: p.slot('results', [pairs, 4]),
    dbranch,
    ...loss,
    weight: p.scalar('lossWeight'),
    sftWeight: p.scalar('sftWeight'),
  });
  return p;
}

/**
 * Adds the gradient of a micro-batch to `adapter grad`, and writes (loss, Σ chosen, Σ rejected) of each pair to
 * `results`.
 */
export function planGradient(o: ScoringOptions & { loss: LossSpec; checkpointing: boolean }): Planned {
  const p = forwardPairs(o, o.loss, true, o.checkpointing);
  p.backward();
  return p;
}

/**
 * Computes summed log-probabilities only: replayed with weight 0. Without an adapter they are those of the base
 * weights.
 */
export function planScoring(o: ScoringOptions): Planned {
  return forwardPairs(o, { kind: 'sigmoid', beta: 1, labelSmoothing: 0 }, false, false);
}

/** Slots: `adapter`, `adapter grad`, `adam m`, `adam v`, `norm`. Values: `learningRate correction1 correction2`. */
export function planUpdate(size: number, optimizer: OptimizerSpec): Planned {
  const p = new Planner();
  adamw(p, {
    parameters: p.slot('adapter', [size]),
    grad: p.slot('adapter grad', [size]),
    m: p.slot('adam m', [size]),
    v: p.slot('adam v', [size]),
    norm: p.slot('norm', [4]),
    size,
    learningRate: p.scalar('learningRate'),
    correction1: p.scalar('correction1'),
    correction2: p.scalar('correction2'),
    ...optimizer,
  });
  return p;
}
