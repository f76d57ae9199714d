/**
 * A forward pass that returns every hidden state, the logits and the log-probabilities of whole sequences. For parity
 * and tests.
 */
import { layoutArena } from '../engine/arena';
import type { Device } from '../engine/device';
import type { PipelineCache } from '../engine/kernel';
import type { KeyValueType } from '../engine/key-values';
import { linearForward } from '../engine/ops/linear';
import { logprob } from '../engine/ops/logprob';
import { Plan, uniformBytes } from '../engine/plan';
import { Planner } from '../engine/planner';
import { READBACK_USAGE, Readback } from '../engine/readback';
import type { Tensor } from '../engine/tensor';
import type { Tuning } from '../engine/tuning';
import type { AdapterLayout } from './adapter-layout';
import { toFour } from './axis';
import { checkRows } from './batch-limits';
import type { ModelConfig } from './config';
import { ropeTable } from './rope-table';
import { type ModelWeights, paddedHeads, transformer } from './transformer';

export interface Inspection {
  /** After the embedding and after each block, [rows, C] each. The rows of the sequences follow each other. */
  readonly hidden: readonly Float32Array[];
  /** After the final norm [rows, C]. */
  readonly norm: Float32Array;
  /** [rows, V] */
  readonly logits: Float32Array;
  /** [rows]: log p of the next token of the sequence; of token 0 at the last row of a sequence. */
  readonly logps: Float32Array;
}

export interface InspectOptions {
  readonly weights: ModelWeights;
  /** Buffers of the weights, by slot label. */
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
  readonly adapter: { readonly layout: AdapterLayout; readonly parameters: GPUBuffer } | null;
  /** Number of logit columns that exist at once. */
  readonly chunk: number;
  readonly tuning: Tuning;
  /** Keys and values go through a cache of this type, as in generation. By default without a cache, as in training. */
  readonly cacheType?: KeyValueType | undefined;
}

/** @throws LabError batch-limit if a token is not in the vocabulary */
export async function inspect(
  device: Device,
  cache: PipelineCache,
  o: InspectOptions,
  sequences: readonly (readonly number[])[],
): Promise<Inspection> {
  const { config } = o.weights;
  const rows = sequences.reduce((sum, sequence) => sum + sequence.length, 0);
  const starts = sequences.map((_, i) => sequences.slice(0, i).reduce((sum, { length }) => sum + length, 0));
  const perRow = <T>(make: (i: number, start: number, sequence: readonly number[]) => T) =>
    sequences.flatMap((sequence, s) => sequence.map((_, i) => make(i, starts[s] as number, sequence)));
  const longest = Math.max(...sequences.map(({ length }) => length));
  const inputs = {
    tokens: Uint32Array.from(sequences.flat()),
    positions: Uint32Array.from(perRow((i) => i)),
    kvRows: Uint32Array.from({ length: rows }, (_, n) => n),
    ranges: Uint32Array.from(perRow((i, start) => [0, 0, start, start + i + 1]).flat()),
    targets: Uint32Array.from(perRow((i, _, sequence) => sequence[i + 1] ?? 0)),
    branchOf: new Uint32Array(rows),
    dbranch: new Float32Array(4),
    none: new Float32Array(4),
    ropeTable: ropeTable(config, longest),
  };

  checkRows('inspected sequences', inputs, { vocabulary: config.vocabulary, positions: longest, keys: rows });

  const p = new Planner(o.tuning);
  const hidden: Tensor[] = [];
  const row = (label: string) => p.slot(label, [rows], 'u32');
  const norm = transformer(p, {
    weights: o.weights,
    adapter: o.adapter && {
      layout: o.adapter.layout,
      parameters: p.slot('adapter', [o.adapter.layout.size]),
      grad: null,
    },
    rows: {
      tokens: row('tokens'),
      positions: row('positions'),
      kvRows: row('kvRows'),
      ranges: p.slot('ranges', [rows, 4], 'u32'),
      visibleTo: null,
      ropeTable: p.slot('ropeTable', []),
    },
    ...(o.cacheType !== undefined && { cache: cacheOf(p, config, rows, o.cacheType) }),
    scored: rows,
    checkpointing: false,
    onHidden: (state) => hidden.push(state),
  });
  const stride = toFour(config.vocabulary);
  const logits = p.activation('all logits', [rows, stride]);
  for (const part of o.weights.head.parts) {
    linearForward(p, {
      inp: norm,
      weight: o.weights.head,
      part,
      out: logits,
      column: part.first,
      bias: null,
      lora: null,
      residual: null,
    });
  }
  const logps = logprob(p, {
    hidden: norm,
    head: o.weights.head,
    targets: row('targets'),
    branches: row('branchOf'),
    dbranch: p.slot('dbranch', [4]),
    chunk: o.chunk,
  });
  const layout = layoutArena(p.dispatches, [...hidden, norm, logits, logps]);

  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const allocated = await device.allocate([
    ...layout.sizes.map((bytes) => ({ label: 'inspection', bytes, usage: storage })),
    {
      label: 'inspection',
      bytes: uniformBytes(p.dispatches),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    },
    { label: 'inspection', bytes: 1 << 20, usage: READBACK_USAGE },
    ...Object.values(inputs).map((data) => ({ label: 'inspection', bytes: data.byteLength, usage: storage })),
  ]);
  try {
    // Plan expects the buffers of an arena in order of size, as shareArenas gives them.
    const arena = allocated.slice(0, layout.sizes.length).sort((a, b) => b.size - a.size);
    const [uniforms, staging, ...inputBuffers] = allocated.slice(layout.sizes.length) as [
      GPUBuffer,
      GPUBuffer,
      ...GPUBuffer[],
    ];
    const buffers = new Map(o.buffers);
    Object.entries(inputs).forEach(([label, data], i) => {
      const buffer = inputBuffers[i] as GPUBuffer;
      device.gpu.queue.writeBuffer(buffer, 0, data);
      buffers.set(label, buffer);
    });
    if (o.adapter) buffers.set('adapter', o.adapter.parameters);
    const plan = await Plan.make(cache, p.dispatches, layout, arena, uniforms);
    plan.prepare({});
    const encoder = device.gpu.createCommandEncoder({ label: 'inspection' });
    const pass = encoder.beginComputePass({ label: 'inspection' });
    plan.encode(pass, buffers, {});
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    const width = toFour(config.hidden);
    const wide = rows * width * 4;
    const read = await new Readback(device, staging).read([
      ...[...hidden, norm].map((tensor) => ({ buffer: plan.buffer(tensor), bytes: wide })),
      { buffer: plan.buffer(logits), bytes: rows * stride * 4 },
      { buffer: plan.buffer(logps), bytes: rows * 4 },
    ]);
    const values = read.map((buffer) => new Float32Array(buffer));
    const states = values.slice(0, hidden.length + 1).map((state) => unpadded(state, width, config.hidden));
    return {
      hidden: states.slice(0, hidden.length),
      norm: states[hidden.length] as Float32Array,
      logits: unpadded(values.at(-2) as Float32Array, stride, config.vocabulary),
      logps: values.at(-1) as Float32Array,
    };
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}

/** A cache for each block, in which the keys of row n are in row n. */
function cacheOf(p: Planner, config: ModelConfig, rows: number, type: KeyValueType): Tensor[] {
  const { kvHeads, headSize } = paddedHeads(config);
  return Array.from({ length: config.layers }, () =>
    p.activation('cache', [rows, 2 * kvHeads * headSize], false, type),
  );
}

/** Removes the padding: the first `size` of each `stride` values. */
function unpadded(values: Float32Array, stride: number, size: number): Float32Array {
  const rows = values.length / stride;
  const tight = new Float32Array(rows * size);
  for (let n = 0; n < rows; n++) tight.set(values.subarray(n * stride, n * stride + size), n * size);
  return tight;
}
