/**
 * The autotuner: measures the candidates of each decision of a plan on this adapter, and returns the fastest. The
 * caller stores the answer. Variants sum in different orders, so a run must not change its choices.
 */
import { Random } from '../lib/random';
import { layoutArena, shareArenas } from './arena';
import type { Device } from './device';
import type { PipelineCache } from './kernel';
import { type Buffers, Plan, uniformBytes } from './plan';
import { Planner } from './planner';
import { bytes, type Tensor } from './tensor';
import { type Choices, type Decision, type Tuning, tuningOf } from './tuning';

const ROUNDS = 3;

/** Increased when kernels change so much that stored choices must be measured again. */
export const TUNER_VERSION = 5;

/**
 * Measures the decisions that `tuning` has no choice for.
 * @returns all choices, those of `tuning` included
 * @throws LabError device-lost, out-of-memory
 */
export async function tune(
  device: Device,
  cache: PipelineCache,
  decisions: Iterable<Decision>,
  tuning: Tuning,
): Promise<Choices> {
  const choices: Record<string, string> = { ...tuning.choices };
  for (const decision of decisions) {
    if (decision.candidates.includes(choices[decision.key] ?? '')) continue;
    choices[decision.key] = await fastest(device, cache, decision, tuning);
  }
  return choices;
}

/**
 * Makes a plan, measures the decisions of it that have no choice yet, and makes the plan again with the fastest
 * variants.
 * @param known earlier choices
 * @throws LabError device-lost, out-of-memory, and what `make` throws
 */
export async function tunedPlan<P extends { readonly decisions: ReadonlyMap<string, Decision> }>(
  device: Device,
  cache: PipelineCache,
  known: Choices,
  make: (tuning: Tuning) => P,
): Promise<{ readonly plan: P; readonly choices: Choices }> {
  const tuning = tuningOf(device, known);
  const choices = await tune(device, cache, make(tuning).decisions.values(), tuning);
  return { plan: make({ ...tuning, choices }), choices };
}

interface Candidate {
  readonly name: string;
  readonly plan: Plan;
  readonly times: number[];
}

async function fastest(device: Device, cache: PipelineCache, decision: Decision, tuning: Tuning): Promise<string> {
  const [only, ...others] = decision.candidates;
  if (only !== undefined && others.length === 0) return only;
  const planned = decision.candidates.map((name) => {
    const p = new Planner({ ...tuning, choices: { ...tuning.choices, [decision.key]: name } });
    const { inputs = {} } = decision.measure(p);
    return { name, dispatches: p.dispatches, inputs, layout: layoutArena(p.dispatches) };
  });
  const slots = new Map<string, Tensor>();
  for (const { dispatches } of planned) {
    for (const { bindings } of dispatches) {
      for (const { tensor } of bindings.values()) if (tensor.kind === 'slot') slots.set(tensor.label, tensor);
    }
  }
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const named = [...slots.values()];
  const sizes = shareArenas(planned.map(({ layout }) => layout));
  const uniforms = Math.max(...planned.map(({ dispatches }) => uniformBytes(dispatches)));
  const allocated = await device.allocate([
    { label: 'tuner', bytes: uniforms, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST },
    ...named.map((tensor) => ({ label: `tuner ${tensor.label}`, bytes: bytes(tensor), usage: storage })),
    ...sizes.map((size) => ({ label: 'tuner', bytes: size, usage: storage })),
  ]);
  try {
    const [uniformBuffer, ...rest] = allocated as [GPUBuffer, ...GPUBuffer[]];
    const buffers: Buffers = new Map(named.map(({ label }, i) => [label, rest[i] as GPUBuffer]));
    const given = planned[0]?.inputs ?? {};
    for (const tensor of named) fill(device, buffers.get(tensor.label) as GPUBuffer, tensor, given[tensor.label]);
    const candidates = await Promise.all(
      planned.map(async ({ name, dispatches, layout }): Promise<Candidate> => {
        const plan = await Plan.make(cache, dispatches, layout, rest.slice(named.length), uniformBuffer);
        return { name, plan, times: [] };
      }),
    );
    // Variants take turns, so that a machine that slows down slows all of them. The first round compiles and is not
    // counted.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { plan, times } of candidates) {
        plan.invalidate();
        plan.prepare({});
        const began = performance.now();
        const encoder = device.gpu.createCommandEncoder({ label: 'tuner' });
        const pass = encoder.beginComputePass({ label: 'tuner' });
        plan.encode(pass, buffers, {});
        pass.end();
        device.gpu.queue.submit([encoder.finish()]);
        await device.gpu.queue.onSubmittedWorkDone();
        if (round > 0) times.push(performance.now() - began);
      }
    }
    device.check();
    const [best] = candidates.sort((a, b) => Math.min(...a.times) - Math.min(...b.times));
    return (best as Candidate).name;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}

/** Fills a slot with the given words, or with numbers between −½ and ½ in a pattern of 64 KiB. */
function fill(
  device: Device,
  buffer: GPUBuffer,
  { dtype }: Tensor,
  words: Uint32Array<ArrayBuffer> | undefined,
): void {
  if (words !== undefined) {
    device.gpu.queue.writeBuffer(buffer, 0, words);
    return;
  }
  if (dtype === 'u32') return;
  const numbers = new Random(1, 'tuner');
  const pattern = Float32Array.from({ length: Math.min(buffer.size / 4, 16384) }, () => numbers.float() - 0.5);
  for (let offset = 0; offset < buffer.size; offset += pattern.byteLength) {
    device.gpu.queue.writeBuffer(buffer, offset, pattern, 0, Math.min(pattern.length, (buffer.size - offset) / 4));
  }
}
