/**
 * The autotuner: measures the variants of each operation on this adapter, and returns the fastest for each shape
 * class. The caller stores the answer. Variants sum in different orders, so a run must not change its choices.
 */
import { Random } from '../lib/random';
import { layoutArena } from './arena';
import type { Device } from './device';
import type { PipelineCache } from './kernel';
import { LINEAR_CLASSES, LINEAR_VARIANTS, linear, linearClass } from './ops/linear';
import { rmsnorm } from './ops/rmsnorm';
import { Plan, uniformBytes } from './plan';
import { type Choices, Planner } from './planner';
import { REDUCTIONS } from './reduction';
import { WEIGHT_FORMATS, type WeightStorage } from './weight';

/** Width and height of a representative weight of the model. */
export interface TunedShape {
  readonly inputs: number;
  readonly outputs: number;
}

/** The number of rows measured for each shape class. */
const ROWS = [1, 8, 64, 256] as const;
const ROUNDS = 3;

/** Increased when kernels change so much that stored choices must be measured again. */
export const TUNER_VERSION = 3;

/** @throws LabError device-lost, out-of-memory */
export async function tune(
  device: Device,
  cache: PipelineCache,
  storages: readonly WeightStorage[],
  shape: TunedShape,
): Promise<Choices> {
  const choices: Record<string, string> = {};
  // A software adapter runs the threads of a workgroup with barriers as coroutines: slow to run and very slow to
  // compile.
  const reductions = device.isSoftware ? ['serial'] : Object.keys(REDUCTIONS);
  choices.reduction = await fastest(
    device,
    cache,
    shape,
    reductions,
    (p) => {
      rmsnorm(p, p.slot('inp', [64, shape.inputs]), {
        weight: { tensor: p.slot('weight', [shape.inputs]) },
        eps: 1e-5,
        offset: 0,
      });
    },
    (name) => ({ reduction: name }),
  );
  for (const storage of storages) {
    for (const [i, rows] of ROWS.entries()) {
      // Batches with few rows occur in decoding only, which has no backward pass.
      for (const pass of rows < 64 ? (['forward'] as const) : (['forward', 'backward'] as const)) {
        const most = LINEAR_CLASSES[i] === Number.POSITIVE_INFINITY ? rows : (LINEAR_CLASSES[i] as number);
        const name = linearClass(pass, storage, most);
        const fewer = choices[linearClass(pass, storage, LINEAR_CLASSES[i - 1] ?? 1)];
        if (device.isSoftware && rows > 64 && fewer !== undefined) {
          // On software adapters the speed depends on loads and not on the number of threads. The fastest variant for
          // fewer rows is then also the fastest here.
          choices[name] = fewer;
          continue;
        }
        // Variants for one row are never the fastest for many rows, nor a tile of 64 rows for a few.
        const candidates = Object.keys(LINEAR_VARIANTS[pass]).filter((variant) => {
          if (device.isSoftware && (variant === 'tiled' || variant === 'split')) return false;
          if (rows >= 64 && (variant === '1x4' || variant === 'split')) return false;
          if (variant === '4x8 runs' && WEIGHT_FORMATS[storage].run === 1) return false;
          return !(rows < 64 && variant === 'tiled');
        });
        choices[name] = await fastest(
          device,
          cache,
          shape,
          candidates,
          (p) => product(p, pass, rows, storage, shape),
          (variant) => ({ ...choices, [name]: variant }),
        );
      }
    }
  }
  return choices;
}

function product(
  p: Planner,
  pass: 'forward' | 'backward',
  rows: number,
  storage: WeightStorage,
  { inputs, outputs }: TunedShape,
): void {
  const bound = { tensor: p.slot('weight', [outputs, inputs]) };
  const weight = { label: 'weight', rows: outputs, cols: inputs, parts: [{ first: 0, end: outputs, storage, bound }] };
  const out = linear(p, { inp: p.slot('inp', [rows, inputs], 'f32', pass === 'backward'), weight });
  if (pass === 'forward') return;
  p.setGrad(out, p.slot('dout', [rows, outputs]));
  p.dispatches.length = 0;
  p.backward();
}

async function fastest(
  device: Device,
  cache: PipelineCache,
  shape: TunedShape,
  names: readonly string[],
  build: (p: Planner) => void,
  choicesOf: (name: string) => Choices,
): Promise<string> {
  if (names.length === 1) return names[0] as string;
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const rows = ROWS[ROWS.length - 1] as number;
  const numbers = new Random(1, 'tuner');
  const noise = Float32Array.from(
    { length: rows * Math.max(shape.inputs, shape.outputs) },
    () => numbers.float() - 0.5,
  );
  const [inp, weight, dout, none, uniforms] = (await device.allocate([
    { label: 'tuner', bytes: rows * shape.inputs * 4, usage: storage },
    { label: 'tuner', bytes: shape.inputs * shape.outputs * 4, usage: storage },
    { label: 'tuner', bytes: rows * shape.outputs * 4, usage: storage },
    { label: 'tuner', bytes: 16, usage: storage },
    { label: 'tuner', bytes: 4096, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST },
  ])) as [GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer];
  const allocated = [inp, weight, dout, none, uniforms];
  try {
    device.gpu.queue.writeBuffer(inp, 0, noise, 0, rows * shape.inputs);
    device.gpu.queue.writeBuffer(dout, 0, noise, 0, rows * shape.outputs);
    const buffers = new Map(Object.entries({ inp, weight, dout, none }));
    const times = new Map<string, number[]>(names.map((name) => [name, []]));
    const plans = await Promise.all(
      names.map(async (name) => {
        const p = new Planner(choicesOf(name));
        build(p);
        const layout = layoutArena(p.dispatches);
        if (uniformBytes(p.dispatches) > uniforms.size)
          throw new Error('the tuner has no room for the uniforms of so many dispatches');
        const arena = await device.allocate(layout.sizes.map((bytes) => ({ label: 'tuner', bytes, usage: storage })));
        allocated.push(...arena);
        return {
          name,
          plan: await Plan.make(
            cache,
            p.dispatches,
            layout,
            [...arena].sort((a, b) => b.size - a.size),
            uniforms,
          ),
        };
      }),
    );
    // Variants take turns, so that a machine that slows down slows all of them. The first round compiles and is not
    // counted.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { name, plan } of plans) {
        plan.invalidate();
        plan.prepare({});
        const began = performance.now();
        const encoder = device.gpu.createCommandEncoder({ label: 'tuner' });
        const pass = encoder.beginComputePass({ label: 'tuner' });
        plan.encode(pass, buffers, {});
        pass.end();
        device.gpu.queue.submit([encoder.finish()]);
        await device.gpu.queue.onSubmittedWorkDone();
        if (round > 0) times.get(name)?.push(performance.now() - began);
      }
    }
    device.check();
    const best = (name: string) => Math.min(...(times.get(name) as number[]));
    return [...names].sort((a, b) => best(a) - best(b))[0] as string;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}
