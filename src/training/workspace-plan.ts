/**
 * All memory of a run on the device, planned to the byte before anything is allocated: weights, adapters, optimiser,
 * cache, activations (one arena for all plans, which never run at the same time), inputs and staging.
 */
import { type ArenaLayout, layoutArena, shareArenas } from '../engine/arena';
import { bufferBytes } from '../engine/device';
import { LANE_WORDS } from '../engine/ops/sample';
import { uniformBytes } from '../engine/plan';
import type { Decision, Dispatch, Planned } from '../engine/planner';
import type { Tuning } from '../engine/tuning';
import { LabError } from '../lib/errors';
import type { AdapterLayout } from '../model/adapter-layout';
import {
  cacheBytes,
  cacheLabel,
  type GenerationCapacity,
  planDecode,
  planPrefill,
  writtenSteps,
} from '../model/generation/generation-plans';
import { ropeTableSize } from '../model/rope-table';
import { type WeightLayout, weightBytes } from '../model/weights';
import { type BatchCapacity, type LossSpec, type OptimizerSpec, planGradient, planScoring, planUpdate } from './plans';

export interface WorkspaceSpec {
  readonly weights: WeightLayout;
  readonly adapter: AdapterLayout;
  /** Names of the adapters on the device. */
  readonly adapters: readonly string[];
  readonly generation: GenerationCapacity;
  /** Capacity of training and scoring. `longest` is the number of tokens of the longest prompt with one completion. */
  readonly batch: BatchCapacity & { readonly longest: number };
  /** Capacity for questions that the base weights answer with one of two tokens. Null if there are none. */
  readonly verdicts: (BatchCapacity & { /** Longest question in tokens. */ readonly prompt: number }) | null;
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  readonly checkpointing: boolean;
  readonly tuning: Tuning;
}

export const GENERATION_PLANS = ['prefill', 'decode'] as const;
export const TRAINING_PLANS = ['scoring', 'gradient', 'update', 'verdict'] as const;
export const PLAN_NAMES = [...GENERATION_PLANS, ...TRAINING_PLANS] as const;
export type TrainingPlan = (typeof TRAINING_PLANS)[number];
export type PlanName = (typeof PLAN_NAMES)[number];

export interface Allocation {
  /** The name of its part for the user. */
  readonly part: string;
  /** The label of its slot. */
  readonly label: string;
  readonly bytes: number;
}

export interface WorkspacePlan {
  readonly spec: WorkspaceSpec;
  /** Empty for plans that the run does not use. */
  readonly dispatches: Readonly<Record<PlanName, readonly Dispatch[]>>;
  /** The choices between kernel variants that the plans depend on, by key. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly arenas: Readonly<Record<PlanName, ArenaLayout>>;
  readonly arenaSizes: readonly number[];
  readonly allocations: readonly Allocation[];
  /** Rows of the position table: every position that generation, training and verdicts can reach. */
  readonly positions: number;
  /** Total bytes, which are exactly the peak of the ledger. */
  readonly bytes: number;
  /** Bytes by purpose. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

const STAGING_BYTES = 1 << 20;

const NOTHING: Planned = { dispatches: [], decisions: new Map() };

/**
 * Plans a workspace without a device.
 * @throws LabError batch-limit if training needs more positions than the model's context has
 */
export function planWorkspace(spec: WorkspaceSpec): WorkspacePlan {
  const { weights, adapter, generation, batch, verdicts, tuning } = spec;
  const { model } = weights;
  const { config } = model;
  // A chunk of logits takes about as much memory as the widest activations.
  const chunk = Math.max(256, 4 * config.ffn);
  const scoring = { weights: model, adapter, capacity: batch, longest: batch.longest, chunk, tuning };
  const planned: Record<PlanName, Planned> = {
    prefill: planPrefill({ weights: model, adapter, capacity: generation, tuning }),
    decode: planDecode({ weights: model, adapter, capacity: generation, tuning }),
    scoring: planScoring(scoring),
    gradient: planGradient({ ...scoring, loss: spec.loss, checkpointing: spec.checkpointing }),
    update: planUpdate(adapter.size, spec.optimizer),
    verdict:
      verdicts === null
        ? NOTHING
        : planScoring({ ...scoring, adapter: null, capacity: verdicts, longest: verdicts.prompt }),
  };
  const dispatches = mapPlans((name) => planned[name].dispatches);
  const decisions = new Map(Object.values(planned).flatMap(({ decisions: made }) => [...made]));
  const positions = positionsOf(spec);
  const arenas = mapPlans((name) => layoutArena(dispatches[name]));
  const arenaSizes = shareArenas(Object.values(arenas));

  const { lanes, prefillRows } = generation;
  // Pairs and verdicts use the same inputs in turn.
  const most = (of: keyof BatchCapacity): number => Math.max(batch[of], verdicts?.[of] ?? 0);
  const [rows, scored, pairs] = [most('rows'), most('scored'), most('pairs')];
  const words = (part: string, entries: Readonly<Record<string, number>>): Allocation[] =>
    Object.entries(entries).map(([label, count]) => ({ part, label, bytes: count * 4 }));
  const rowInputs = (prefix: string, rows: number) => ({
    [`${prefix}tokens`]: rows,
    [`${prefix}positions`]: rows,
    [`${prefix}kvRows`]: rows,
    [`${prefix}ranges`]: rows * 4,
  });
  const allocations: Allocation[] = [
    ...spec.adapters.map((name) => ({ part: 'adapters', label: `adapter ${name}`, bytes: adapter.size * 4 })),
    ...words('optimiser', { 'adapter grad': adapter.size, 'adam m': adapter.size, 'adam v': adapter.size, norm: 4 }),
    ...Array.from({ length: config.layers }, (_, i) => ({
      part: 'KV cache',
      label: cacheLabel(i),
      bytes: cacheBytes(config, generation),
    })),
    ...arenaSizes.map((bytes, i) => ({ part: 'activations', label: `arena ${i}`, bytes })),
    ...words('inputs', {
      none: 4,
      ropeTable: ropeTableSize(config, positions),
      ...rowInputs('', rows),
      visibleTo: rows * 4,
      targets: scored,
      branchOf: scored,
      branches: pairs * 4,
      reference: pairs * 2,
      results: pairs * 4,
      dbranch: pairs * 2,
      ...rowInputs('prefill ', prefillRows),
      ...rowInputs('lane ', lanes),
      lanes: lanes * LANE_WORDS,
      written: writtenSteps(generation) * lanes,
    }),
    ...PLAN_NAMES.filter((name) => dispatches[name].length > 0).map((name) => ({
      part: 'inputs',
      label: `uniforms ${name}`,
      bytes: uniformBytes(dispatches[name]),
    })),
    { part: 'staging', label: 'staging', bytes: STAGING_BYTES },
    { part: 'staging', label: 'staging of tokens', bytes: generation.steps * lanes * 4 },
  ];
  const parts = new Map<string, number>([['weights', weightBytes(weights)]]);
  for (const { part, bytes } of allocations) parts.set(part, (parts.get(part) ?? 0) + bufferBytes(bytes));
  return {
    spec,
    dispatches,
    decisions,
    arenas,
    arenaSizes,
    allocations,
    positions,
    bytes: [...parts.values()].reduce((sum, bytes) => sum + bytes, 0),
    parts: [...parts].map(([name, bytes]) => ({ name, bytes })),
  };
}

/** Exact bytes of a workspace that only generates: the buffers of prefill and decode, with one adapter. */
export function generationBytes(plan: WorkspacePlan): number {
  const bound = new Set(
    GENERATION_PLANS.flatMap((name) => plan.dispatches[name]).flatMap(({ bindings }) => [...bindings.values()]),
  );
  const labels = new Set([...bound].map(({ tensor }) => tensor.label));
  for (const name of GENERATION_PLANS) labels.add(`uniforms ${name}`);
  labels.add(`adapter ${plan.spec.adapters[0]}`).add('staging').add('staging of tokens');
  const kept = plan.allocations.filter(({ label }) => labels.has(label)).map(({ bytes }) => bytes);
  const arenas = shareArenas(GENERATION_PLANS.map((name) => plan.arenas[name]));
  return [...kept, ...arenas].reduce((sum, bytes) => sum + bufferBytes(bytes), weightBytes(plan.spec.weights));
}

/** Number of positions that a run can reach. */
function positionsOf({ weights, generation, batch, verdicts }: WorkspaceSpec): number {
  const { context } = weights.model.config;
  if (batch.longest > context)
    throw new LabError(
      'batch-limit',
      `The longest training sequence has ${batch.longest} tokens; the model's context has ${context}.`,
      'Use shorter prompts or lower the length limit.',
    );
  const generated = generation.maxPrompt + generation.maxNewTokens;
  return Math.min(context, Math.max(generated, batch.longest, verdicts?.prompt ?? 0));
}

function mapPlans<T>(make: (name: PlanName) => T): Record<PlanName, T> {
  return {
    prefill: make('prefill'),
    decode: make('decode'),
    scoring: make('scoring'),
    gradient: make('gradient'),
    update: make('update'),
    verdict: make('verdict'),
  };
}
