/** The plans of generation: prefill of prompts into the cache, and one decode step of all lanes. */
import type { KeyValueType } from '../../engine/key-values';
import { linearForward } from '../../engine/ops/linear';
import { LANE_WORDS, sample } from '../../engine/ops/sample';
import { type Planned, Planner } from '../../engine/planner';
import { bytes, Dim, type Tensor } from '../../engine/tensor';
import type { Tuning } from '../../engine/tuning';
import type { AdapterLayout } from '../adapter-layout';
import type { ModelConfig } from '../config';
import { type ModelWeights, paddedHeads, prefill, transformer } from '../transformer';

export interface GenerationCapacity {
  readonly lanes: number;
  /** Longest completion and longest prompt, in tokens. */
  readonly maxNewTokens: number;
  readonly maxPrompt: number;
  /** Number of prompts whose keys and values are in the cache at once. */
  readonly prompts: number;
  /** Most prompt tokens in one prefill. */
  readonly prefillRows: number;
  /** Most decode steps in one submit. */
  readonly steps: number;
  /** The type of the cache. */
  readonly cacheType: KeyValueType;
}

interface GenerationOptions {
  readonly weights: ModelWeights;
  readonly adapter: AdapterLayout | null;
  readonly capacity: GenerationCapacity;
  readonly tuning: Tuning;
}

/** Rows of the cache: the rows of each lane first, then those of each prompt. */
export function cacheRows({ lanes, maxNewTokens, maxPrompt, prompts }: GenerationCapacity): number {
  return lanes * maxNewTokens + prompts * maxPrompt;
}

export function laneRow(capacity: GenerationCapacity, lane: number): number {
  return lane * capacity.maxNewTokens;
}

export function promptRow(capacity: GenerationCapacity, prompt: number): number {
  return capacity.lanes * capacity.maxNewTokens + prompt * capacity.maxPrompt;
}

/** Number of steps whose tokens there is room for, before the lanes must be written anew. */
export function writtenSteps({ steps }: GenerationCapacity): number {
  return 32 * steps;
}

/**
 * Target for a decode submit in milliseconds. It is longer than a round trip of 0.2 to 2.3 ms, and short because ended
 * candidates keep their lanes until two submits have been read.
 */
const SUBMIT_MS = 6;

/** Number of decode steps in one submit, of so many milliseconds each. */
export function stepsPerSubmit(stepMs: number, { steps }: GenerationCapacity): number {
  return Math.max(1, Math.min(steps, Math.floor(SUBMIT_MS / stepMs)));
}

/** The cache of block i. */
function cacheOf(config: ModelConfig, capacity: GenerationCapacity, i: number): Tensor {
  const { kvHeads, headSize } = paddedHeads(config);
  const shape = [cacheRows(capacity), 2 * kvHeads * headSize];
  return { label: cacheLabel(i), shape, dtype: capacity.cacheType, kind: 'slot', requiresGrad: false };
}

/** Size in bytes of the cache of one block. */
export function cacheBytes(config: ModelConfig, capacity: GenerationCapacity): number {
  return bytes(cacheOf(config, capacity, 0));
}

export function cacheLabel(layer: number): string {
  return `cache ${layer}`;
}

export function isCacheLabel(label: string): boolean {
  return label.startsWith('cache ');
}

function common(p: Planner, o: GenerationOptions) {
  const { config } = o.weights;
  const size = o.adapter?.size ?? 0;
  return {
    weights: o.weights,
    adapter: o.adapter && { layout: o.adapter, parameters: p.slot('adapter', [size]), grad: null },
    cache: Array.from({ length: config.layers }, (_, i) => cacheOf(config, o.capacity, i)),
    checkpointing: false,
  };
}

function rowInputs(p: Planner, prefix: string, rows: Dim) {
  const row = (name: string): Tensor => p.slot(`${prefix} ${name}`, [rows], 'u32');
  return {
    tokens: row('tokens'),
    positions: row('positions'),
    kvRows: row('kvRows'),
    ranges: p.slot(`${prefix} ranges`, [rows, 4], 'u32'),
    visibleTo: null,
    ropeTable: p.slot('ropeTable', []),
  };
}

/** Slots: `prefill tokens|positions|kvRows|ranges`, `cache i`, `ropeTable`, `adapter`. Values: `prefillRows`. */
export function planPrefill(o: GenerationOptions): Planned {
  const p = new Planner(o.tuning);
  const rows = new Dim('prefillRows', o.capacity.prefillRows);
  const longest = { prefix: 0, own: o.capacity.maxPrompt };
  prefill(p, { ...common(p, o), rows: rowInputs(p, 'prefill', rows), longest, scored: rows });
  return p;
}

/**
 * Slots: `lane tokens|positions|kvRows|ranges`, `lanes`, `written`, `cache i`, `ropeTable`, `adapter`. Values:
 * `lanes` (the number of lanes to compute, from the first), `temperature topK topP seed`.
 */
export function planDecode(o: GenerationOptions): Planned {
  const p = new Planner(o.tuning);
  const lanes = new Dim('lanes', o.capacity.lanes);
  const rows = rowInputs(p, 'lane', lanes);
  const longest = { prefix: o.capacity.maxPrompt, own: o.capacity.maxNewTokens };
  const hidden = transformer(p, { ...common(p, o), rows, longest, scored: lanes });
  const { head, config } = o.weights;
  const stride = Math.ceil(config.vocabulary / 4) * 4;
  const logits = p.activation('logits', [lanes, stride]);
  for (const part of head.parts) {
    linearForward(p, {
      inp: hidden,
      weight: head,
      part,
      out: logits,
      column: part.first,
      bias: null,
      lora: null,
      residual: null,
    });
  }
  sample(p, {
    logits,
    lanes,
    vocabulary: config.vocabulary,
    state: p.slot('lanes', [lanes, LANE_WORDS], 'u32'),
    tokens: rows.tokens,
    positions: rows.positions,
    kvRows: rows.kvRows,
    ranges: rows.ranges,
    written: p.slot('written', [writtenSteps(o.capacity), lanes], 'u32'),
    temperature: p.scalar('temperature'),
    topK: p.scalar('topK'),
    topP: p.scalar('topP'),
    seed: p.scalar('seed'),
    ends: config.ends,
  });
  return p;
}
