/** Test support: replays what a planner emitted, on slots filled from arrays, and reads tensors back. */
import { afterAll, beforeAll, expect } from 'vitest';
import { float16ToFloat32 } from '../../lib/half';
import type { Rng } from '../../lib/testing/rng';
import { layoutArena, shareArenas } from '../arena';
import { browserGpu, Device } from '../device';
import { PipelineCache } from '../kernel';
import { type Buffers, Plan, uniformBytes, type Values } from '../plan';
import { Planner } from '../planner';
import { READBACK_USAGE, Readback } from '../readback';
import { bytes, type Tensor } from '../tensor';
import { type Tuning, UNTUNED } from '../tuning';
import type { Weight, WeightStorage } from '../weight';
import type { Tolerance } from './tolerances';

/** A Float64Array is rounded to f32. */
export type SlotData = Float64Array | Float32Array | Uint32Array | Uint16Array;

export interface Run {
  /** Contents of slots by label. A slot without contents starts as zeros. */
  readonly slots?: Readonly<Record<string, SlotData>>;
  readonly tuning?: Partial<Tuning>;
  /** Used by every operation that has a variant of this name, whether or not this adapter is offered it. */
  readonly variant?: string;
  /** Most operations of one dispatch; products are cut into as many dispatches as this takes. */
  readonly mostFlops?: number;
  /** One replay for each, in order. */
  readonly replays?: readonly Values[];
}

/** Tensors after the last replay, by the names that `build` returned. */
export interface Outputs<Name extends string> {
  floats(name: Name): Float64Array;
  words(name: Name): Uint32Array;
  /** Of a tensor of f16. */
  halves(name: Name): Float64Array;
}

/** One device for all tests of a file, opened before the first test and closed after the last. */
export function testLab(): () => TestLab {
  let lab: TestLab | undefined;
  beforeAll(async () => {
    lab = await TestLab.open();
  });
  afterAll(() => lab?.close());
  return () => {
    if (lab === undefined) throw new Error('the device is open only inside of tests');
    return lab;
  };
}

export class TestLab {
  private constructor(
    readonly device: Device,
    readonly cache: PipelineCache,
    private readonly readback: Readback,
  ) {}

  static async open(): Promise<TestLab> {
    const device = await Device.open(browserGpu());
    const [staging] = await device.allocate([{ label: 'read back', bytes: 2 ** 20, usage: READBACK_USAGE }]);
    if (staging === undefined) throw new Error('one buffer was asked for');
    return new TestLab(device, new PipelineCache(device), new Readback(device, staging));
  }

  close(): void {
    this.device.destroy();
  }

  /**
   * Plans with `build`, replays, and reads the tensors that `build` returned. A validation error of WebGPU fails the
   * test.
   */
  async run<Name extends string>(
    build: (p: Planner) => Readonly<Record<Name, Tensor>>,
    run: Run = {},
  ): Promise<Outputs<Name>> {
    const { slots = {}, tuning = {}, variant, mostFlops, replays = [{}] } = run;
    const force = (variants: object) => (variant !== undefined && variant in variants ? variant : undefined);
    const p = new Planner({ ...UNTUNED, ...tuning, force }, mostFlops);
    const results = build(p);
    const { device } = this;
    device.gpu.pushErrorScope('validation');

    const tensors = Object.values<Tensor>(results);
    const layout = layoutArena(p.dispatches, tensors);
    const bound = [
      ...p.dispatches.flatMap(({ bindings }) => [...bindings.values()].map(({ tensor }) => tensor)),
      ...tensors,
    ];
    const labels = new Map(bound.filter(({ kind }) => kind === 'slot').map((tensor) => [tensor.label, tensor]));
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const arena = await device.allocate(shareArenas([layout]).map((size) => ({ label: 'arena', bytes: size, usage })));
    // Filled with NaN: no kernel may depend on what an activation held before.
    for (const buffer of arena) device.gpu.queue.writeBuffer(buffer, 0, new Uint8Array(buffer.size).fill(0xff));
    const uniforms = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const [uniformBuffer] = await device.allocate([
      { label: 'uniforms', bytes: uniformBytes(p.dispatches), usage: uniforms },
    ]);
    if (uniformBuffer === undefined) throw new Error('one buffer was asked for');
    const named = [...labels.values()];
    const made = await device.allocate(named.map((tensor) => ({ label: tensor.label, bytes: bytes(tensor), usage })));
    const buffers: Buffers = new Map(named.map(({ label }, i) => [label, made[i] as GPUBuffer]));
    for (const [label, data] of Object.entries(slots)) {
      const buffer = buffers.get(label);
      if (buffer === undefined) throw new Error(`the plan has no slot ${label}`);
      device.gpu.queue.writeBuffer(buffer, 0, words(data));
    }

    const plan = await Plan.make(this.cache, p.dispatches, layout, arena, uniformBuffer);
    for (const values of replays) {
      plan.prepare(values);
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      plan.encode(pass, buffers, values);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
    }
    const sources = tensors.map((tensor) => ({
      buffer: tensor.kind === 'slot' ? (buffers.get(tensor.label) as GPUBuffer) : plan.buffer(tensor),
      bytes: bytes(tensor),
    }));
    const contents = await this.readback.read(sources);
    for (const buffer of [...arena, uniformBuffer, ...made]) device.free(buffer);
    const complaint = await device.gpu.popErrorScope();
    if (complaint !== null) throw new Error(complaint.message);

    const at = (name: Name) => contents[Object.keys(results).indexOf(name)] as ArrayBuffer;
    return {
      floats: (name) => Float64Array.from(new Float32Array(at(name))),
      words: (name) => new Uint32Array(at(name)),
      halves: (name) => Float64Array.from(float16ToFloat32(new Uint16Array(at(name)))),
    };
  }
}

/** The bytes that are written to a buffer, padded to whole words. */
function words(data: SlotData): Uint32Array<ArrayBuffer> {
  const array = data instanceof Float64Array ? Float32Array.from(data) : data;
  const padded = new Uint8Array(Math.ceil(array.byteLength / 4) * 4);
  padded.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new Uint32Array(padded.buffer);
}

/**
 * Normal random numbers with standard deviation `scale`, rounded to f32 so that twin and kernel read the same values.
 */
export function normals(rng: Rng, size: number, scale = 1): Float64Array {
  return Float64Array.from({ length: size }, () => Math.fround(scale * rng.normal()));
}

/** Rounded to 1/256, so that f16 holds them exactly. They must be below 8. */
export function halves(values: Float64Array): Float64Array {
  return values.map((x) => Math.round(256 * x) / 256);
}

/** Contents of a slot of this type. f16 must hold them exactly. */
export function storedAs(type: 'f32' | 'f16', values: Float64Array): SlotData {
  return type === 'f32' ? values : Uint16Array.from(values, f16Bits);
}

export interface TestWeight {
  /** [rows, cols]: k/64 with |k| < 128, which every 16-bit and 32-bit storage type holds exactly. */
  readonly values: Float64Array;
  readonly slots: Readonly<Record<string, SlotData>>;
  weight(p: Planner): Weight;
}

/** A frozen matrix, split into parts before each of the rows in `cuts`. */
export function testWeight(
  rng: Rng,
  {
    rows,
    cols,
    storage = 'f32',
    cuts = [],
  }: { rows: number; cols: number; storage?: WeightStorage; cuts?: readonly number[] },
): TestWeight {
  const values = Float64Array.from({ length: rows * cols }, () => (rng.integer(255) - 127) / 64);
  const bounds = [0, ...cuts, rows].slice(0, -1).map((first, i) => ({ first, end: [...cuts, rows][i] as number }));
  const label = (first: number) => `weight from ${first}`;
  const stored = (part: Float64Array): SlotData => {
    if (storage === 'f32') return part;
    return Uint16Array.from(part, storage === 'f16' ? f16Bits : bf16Bits);
  };
  return {
    values,
    slots: Object.fromEntries(
      bounds.map(({ first, end }) => [label(first), stored(values.subarray(first * cols, end * cols))]),
    ),
    weight: (p) => ({
      label: 'weight',
      rows,
      cols,
      parts: bounds.map(({ first, end }) => {
        const elements = (end - first) * cols;
        const tensor = p.slot(label(first), [storage === 'f32' ? elements : Math.ceil(elements / 2)]);
        return { first, end, storage, bound: { tensor } };
      }),
    }),
  };
}

function f32Bits(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0] as number;
}

export function bf16Bits(x: number): number {
  return f32Bits(x) >>> 16;
}

/** The bits of a number that is 0 or a normal number of f16. */
export function f16Bits(x: number): number {
  if (x === 0) return 0;
  const bits = f32Bits(x);
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

/** The largest difference, relative to the largest expected value (at least 1e-30), is within the tolerance. */
export function expectClose(actual: Float64Array, expected: Float64Array, { relative, reason }: Tolerance): void {
  expect(actual.length).toBe(expected.length);
  let [worst, index, largest] = [0, 0, 1e-30];
  expected.forEach((value, i) => {
    const difference = Math.abs((actual[i] as number) - value);
    if (!(difference <= worst)) [worst, index] = [difference, i];
    largest = Math.max(largest, Math.abs(value));
  });
  const at = `[${index}] is ${actual[index]}, not ${expected[index]}, of at most ${largest} (${reason})`;
  expect(worst / largest, at).toBeLessThanOrEqual(relative);
}

/** Columns [from, to) of a matrix with N rows. */
export function columns(values: Float64Array, N: number, from: number, to: number): Float64Array {
  const width = values.length / N;
  return Float64Array.from({ length: N * (to - from) }, (_, i) => {
    const row = Math.floor(i / (to - from));
    return values[row * width + from + (i % (to - from))] as number;
  });
}

/** Matrices of N rows, placed side by side. */
export function beside(N: number, ...matrices: readonly Float64Array[]): Float64Array {
  const rows = Array.from({ length: N }, (_, n) =>
    matrices.flatMap((matrix) => [...matrix.subarray((n * matrix.length) / N, ((n + 1) * matrix.length) / N)]),
  );
  return Float64Array.from(rows.flat());
}

/** a + b. Where b is shorter, the rest of a is unchanged. */
export function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x + (b[i] ?? 0));
}
