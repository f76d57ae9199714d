/**
 * The autotuner: measures the candidates of each decision of a plan on this adapter, and returns the fastest. The
 * caller stores the answer. Variants sum in different orders, so a run must not change its choices.
 */
import { Random } from '../lib/random';
import { layoutArena, shareArenas } from './arena';
import { bufferBytes, type Device } from './device';
import { fastest, longestRoundTrip, type Measuring } from './fastest';
import type { PipelineCache } from './kernel';
import { type Buffers, Plan, uniformBytes } from './plan';
import { type Decision, Planner } from './planner';
import { bytes, type Tensor } from './tensor';
import { type Choices, type Tuning, tuningOf, usedChoices } from './tuning';

/** Most milliseconds for all decisions of a plan. Those that are left keep their defaults until the next time. */
const BUDGET = { software: 10_000, hardware: 3_000 } as const;

const PATTERN_BYTES = 1 << 20;

export interface TuningOptions {
  readonly signal?: AbortSignal;
  /** Called before each decision that is measured: how many are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Most milliseconds. By default 3 s on a GPU and 10 s in software. */
  readonly budget?: number;
  /** A decision that needs more bytes on the device is not measured. */
  readonly mostBytes?: number;
}

/**
 * Measures the decisions that `tuning` has no choice for.
 * @returns all choices, those of `tuning` included. Decisions for which no time was left are missing
 * @throws LabError device-lost, out-of-memory, and the signal's reason
 */
export async function tune(
  device: Device,
  cache: PipelineCache,
  decisions: Iterable<Decision>,
  tuning: Tuning,
  options: TuningOptions = {},
): Promise<Choices> {
  const {
    signal = new AbortController().signal,
    onProgress = () => {},
    budget = BUDGET[tuning.software ? 'software' : 'hardware'],
    mostBytes = Number.POSITIVE_INFINITY,
  } = options;
  const choices: Record<string, string> = { ...tuning.choices };
  const clock = () => performance.now();
  const deadline = clock() + budget;
  const measured: Alone[] = [];
  for (const decision of decisions) {
    const { key, candidates } = decision;
    if (candidates.includes(choices[key] ?? '')) continue;
    const [only, ...others] = candidates;
    if (only !== undefined && others.length === 0) choices[key] = only;
    else measured.push(planAlone(decision, tuning));
  }
  if (measured.length === 0) return choices;

  // A GPU measures while the CPU compiles. In software both would compete for the cores.
  if (!tuning.software) for (const alone of measured) compile(cache, alone);
  const { queue } = device.gpu;
  const measuring = { clock, signal, deadline };
  const empty = async () => {
    queue.submit([]);
    await queue.onSubmittedWorkDone();
  };
  const roundTrip = await longestRoundTrip({ ...measuring, submit: empty });
  const pattern = await makePattern(device);
  try {
    for (const [i, alone] of measured.entries()) {
      if (clock() > deadline) break;
      onProgress(i, measured.length);
      if (alone.bytes + PATTERN_BYTES > mostBytes) continue;
      const chosen = await measureAlone(device, cache, alone, pattern, roundTrip, measuring);
      device.check();
      if (chosen !== null) choices[alone.key] = chosen;
    }
  } finally {
    device.free(pattern);
  }
  return choices;
}

/**
 * Makes a plan, measures the decisions of it that have no choice yet, and makes the plan again with the fastest
 * variants.
 * @param known earlier choices
 * @throws LabError device-lost, out-of-memory, the signal's reason, and what `make` throws
 */
export async function tunedPlan<P extends { readonly decisions: ReadonlyMap<string, Decision> }>(
  device: Device,
  cache: PipelineCache,
  known: Choices,
  make: (tuning: Tuning) => P,
  options: (plan: P) => TuningOptions = () => ({}),
): Promise<{ readonly plan: P; readonly choices: Choices }> {
  const tuning = tuningOf(device, known);
  const plan = make(tuning);
  const choices = await tune(device, cache, plan.decisions.values(), tuning, options(plan));
  const used = (chosen: Choices) => JSON.stringify(usedChoices(plan.decisions.values(), chosen));
  const asBefore = used(choices) === used(known);
  return { plan: asBefore ? plan : make({ ...tuning, choices }), choices };
}

/** The candidates of a decision, each planned alone on the same slots. */
interface Alone {
  readonly key: string;
  readonly plans: readonly { readonly name: string; readonly planner: Planner }[];
  readonly slots: readonly Tensor[];
  readonly arena: readonly number[];
  readonly inputs: Readonly<Record<string, Uint32Array<ArrayBuffer>>>;
  /** Memory on the device. */
  readonly bytes: number;
}

function planAlone({ key, candidates, measure }: Decision, tuning: Tuning): Alone {
  const slots = new Map<string, Tensor>();
  let inputs: Alone['inputs'] = {};
  const plans = candidates.map((name) => {
    const planner = new Planner({ ...tuning, choices: { ...tuning.choices, [key]: name } });
    inputs = { ...measure(planner).inputs, ...inputs };
    for (const { bindings } of planner.dispatches) {
      for (const { tensor } of bindings.values()) if (tensor.kind === 'slot') slots.set(tensor.label, tensor);
    }
    return { name, planner };
  });
  const arena = shareArenas(plans.map(({ planner }) => layoutArena(planner.dispatches)));
  const sizes = [
    ...[...slots.values()].map((tensor) => bytes(tensor)),
    ...arena,
    ...plans.map(({ planner }) => uniformBytes(planner.dispatches)),
  ];
  const total = sizes.reduce((sum, size) => sum + bufferBytes(size), 0);
  return { key, plans, slots: [...slots.values()], arena, inputs, bytes: total };
}

/** Starts to compile. Errors reach the code that uses the pipelines. */
function compile(cache: PipelineCache, { plans }: Alone): void {
  for (const { planner } of plans) for (const dispatch of planner.dispatches) cache.prepare(dispatch).catch(() => {});
}

/** The fastest candidate, or null if there was no time left. */
async function measureAlone(
  device: Device,
  cache: PipelineCache,
  { plans, slots, arena, inputs }: Alone,
  pattern: GPUBuffer,
  roundTrip: number,
  measuring: Omit<Measuring, 'submit'>,
): Promise<string | null> {
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const allocated = await device.allocate([
    ...slots.map((tensor) => ({ label: `tuner ${tensor.label}`, bytes: bytes(tensor), usage: storage })),
    ...arena.map((size) => ({ label: 'tuner', bytes: size, usage: storage })),
    ...plans.map(({ planner }) => ({
      label: 'tuner',
      bytes: uniformBytes(planner.dispatches),
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    })),
  ]);
  try {
    const buffers: Buffers = new Map(slots.map(({ label }, i) => [label, allocated[i] as GPUBuffer]));
    fill(device, slots, buffers, pattern, inputs);
    const activations = allocated.slice(slots.length, slots.length + arena.length);
    const uniforms = allocated.slice(slots.length + arena.length);
    const made = new Map<string, Plan>();
    for (const [i, { name, planner }] of plans.entries()) {
      const layout = layoutArena(planner.dispatches);
      const plan = await Plan.make(cache, planner.dispatches, layout, activations, uniforms[i] as GPUBuffer);
      plan.prepare({});
      made.set(name, plan);
    }
    const submit = async (candidate: string, repeats: number) => {
      const encoder = device.gpu.createCommandEncoder({ label: 'tuner' });
      const pass = encoder.beginComputePass({ label: 'tuner' });
      const plan = made.get(candidate);
      for (let i = 0; i < repeats; i++) plan?.encode(pass, buffers, {});
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      await device.gpu.queue.onSubmittedWorkDone();
    };
    const names = plans.map(({ name }) => name);
    return await fastest(names, roundTrip, { ...measuring, submit });
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}

/** Fills slots with the given words, and f32 slots without words with the pattern. */
function fill(
  { gpu }: Device,
  slots: readonly Tensor[],
  buffers: Buffers,
  pattern: GPUBuffer,
  inputs: Alone['inputs'],
): void {
  const { queue } = gpu;
  const encoder = gpu.createCommandEncoder({ label: 'tuner' });
  for (const { label, dtype } of slots) {
    const buffer = buffers.get(label) as GPUBuffer;
    const words = inputs[label];
    if (words !== undefined) queue.writeBuffer(buffer, 0, words);
    else if (dtype === 'f32')
      for (let offset = 0; offset < buffer.size; offset += PATTERN_BYTES)
        encoder.copyBufferToBuffer(pattern, 0, buffer, offset, Math.min(PATTERN_BYTES, buffer.size - offset));
  }
  queue.submit([encoder.finish()]);
}

/** Random numbers between −½ and ½. The caller frees the buffer. */
async function makePattern(device: Device): Promise<GPUBuffer> {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [pattern] = await device.allocate([{ label: 'tuner', bytes: PATTERN_BYTES, usage }]);
  const numbers = new Random(1, 'tuner');
  const values = Float32Array.from({ length: PATTERN_BYTES / 4 }, () => numbers.float() - 0.5);
  device.gpu.queue.writeBuffer(pattern as GPUBuffer, 0, values);
  return pattern as GPUBuffer;
}
