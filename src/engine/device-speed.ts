/**
 * Measures the limits of a device: memory bandwidth, multiply-adds per second, and the cost of a dispatch and
 * of a submit. Takes a few tenths of a second.
 */

import { at } from '../lib/assert';
import type { DeviceSpeed } from '../records/device';
import { layoutArena } from './arena';
import type { Device } from './device';
import { PipelineCache } from './kernel';
import { copy, FLOPS_PER_ROUND, multiplyAdd } from './ops/probe';
import { type Buffers, Plan, uniformBytes, type Values } from './plan';
import { type Dispatch, Planner } from './planner';
import { READBACK_USAGE, Readback } from './readback';
import type { Tensor } from './tensor';
import { tuningOf } from './tuning';

/** Bytes of each buffer: more than the caches of a GPU hold. A CPU is slow enough to be measured with less. */
const BYTES = { hardware: 64 * 2 ** 20, software: 16 * 2 ** 20 } as const;
/** Threads that multiply and add: enough to fill a large GPU. */
const THREADS = 2 ** 16;
/** Threads of a workgroup. */
const GROUP = 64;
/** Rounds of one unit of work. */
const ROUNDS = 4;
const DISPATCHES = 64;
/** Bytes that are read back: the tokens of a few decode steps. */
const READ_BYTES = 256;
/** The shortest time that is measured, in milliseconds: many times the resolution of the clock. */
const MEASURED_MS = 20;
/** The fastest of so many measurements counts, because other work on the machine only slows down. */
const TIMES = 3;

/** @throws LabError out-of-memory, device-lost, gpu-error */
export async function measureSpeed(device: Device): Promise<DeviceSpeed> {
  const tuning = tuningOf(device);
  const vectors = BYTES[device.isSoftware ? 'software' : 'hardware'] / 16;
  const pair = (p: Planner, size: number): readonly [Tensor, Tensor] => [
    p.slot('a', [size, 4]),
    p.slot('b', [size, 4]),
  ];
  const planned = (build: (p: Planner) => void): readonly Dispatch[] => {
    const p = new Planner(tuning);
    build(p);
    return p.dispatches;
  };
  const copied = planned((p) => {
    const [inp, out] = pair(p, vectors);
    copy(p, { inp, out });
  });
  const dispatched = planned((p) => {
    const [a, b] = pair(p, 64);
    for (let i = 0; i < DISPATCHES; i++) copy(p, i % 2 === 0 ? { inp: a, out: b } : { inp: b, out: a });
  });
  const multiplied = (numbers: 'f32' | 'f16', threads: number) =>
    planned((p) => {
      const [inp, out] = pair(p, threads);
      multiplyAdd(p, { inp, out, numbers, rounds: p.scalar('rounds'), factor: 0.75, term: 2 });
    });

  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const uniformUsage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const allocated = await device.allocate([
    ...['a', 'b'].map((label) => ({ label: `measuring ${label}`, bytes: vectors * 16, usage })),
    { label: 'measuring', bytes: uniformBytes(dispatched), usage: uniformUsage },
    ...[0, 1].map((i) => ({ label: `measuring, staging ${i}`, bytes: READ_BYTES, usage: READBACK_USAGE })),
  ]);
  try {
    const [a, b, uniforms, ...staging] = allocated as [GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer, GPUBuffer];
    const buffers: Buffers = new Map(Object.entries({ a, b }));
    const cache = new PipelineCache(device);
    const submitter = async (dispatches: readonly Dispatch[]) => {
      const plan = await Plan.make(cache, dispatches, layoutArena(dispatches), [], uniforms);
      return (times: number, values: Values) => {
        plan.prepare(values);
        const encoder = device.gpu.createCommandEncoder({ label: 'measuring' });
        const pass = encoder.beginComputePass({ label: 'measuring' });
        for (let i = 0; i < times; i++) plan.encode(pass, buffers, values);
        pass.end();
        device.gpu.queue.submit([encoder.finish()]);
      };
    };
    const repeated = async (dispatches: readonly Dispatch[]): Promise<number> => {
      const submit = await submitter(dispatches);
      return secondsOf(device, (times) => submit(times, {}));
    };
    // One dispatch of many rounds, so that the cost of a dispatch does not count.
    const multiplyAdds = async (numbers: 'f32' | 'f16', threads: number = THREADS): Promise<number> => {
      const submit = await submitter(multiplied(numbers, threads));
      const seconds = await secondsOf(device, (times) => submit(1, { rounds: ROUNDS * times }));
      return (ROUNDS * FLOPS_PER_ROUND * threads) / seconds;
    };
    /** Submits and reads as generation does: the next submit is in the queue while a result is read. */
    const submitAndRead = async (): Promise<number> => {
      const submit = await submitter(dispatched.slice(0, 1));
      const readbacks = staging.map((buffer) => new Readback(device, buffer));
      const time = async (count: number): Promise<number> => {
        const began = performance.now();
        const flights: Promise<unknown>[] = [];
        for (let i = 0; i < count; i++) {
          submit(1, {});
          flights.push(at(readbacks, i % 2).read([{ buffer: a, bytes: READ_BYTES }]));
          if (flights.length === 2) await flights.shift();
        }
        await Promise.all(flights);
        return performance.now() - began;
      };
      await time(2);
      let count = 8;
      while ((await time(count)) < MEASURED_MS) count *= 2;
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < TIMES; i++) best = Math.min(best, await time(count));
      return best / count / 1000;
    };
    const speed = {
      bandwidth: (2 * 16 * vectors) / (await repeated(copied)),
      flops: await multiplyAdds('f32'),
      groupFlops: await multiplyAdds('f32', GROUP),
      halfFlops: tuning.features.includes('shader-f16') ? await multiplyAdds('f16') : null,
      dispatch: (await repeated(dispatched)) / DISPATCHES,
      submit: await submitAndRead(),
    };
    device.check();
    return speed;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}

/** Seconds of one unit of work. @param submit submits so many units at once; 0 is a submit without work */
async function secondsOf(device: Device, submit: (units: number) => void): Promise<number> {
  const time = async (units: number): Promise<number> => {
    const began = performance.now();
    submit(units);
    await device.gpu.queue.onSubmittedWorkDone();
    return performance.now() - began;
  };
  const fastest = async (units: number): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TIMES; i++) best = Math.min(best, await time(units));
    return best;
  };
  // The first submit compiles the kernel.
  await time(1);
  let units = 1;
  while ((await time(units)) < MEASURED_MS) units *= 2;
  const whole = await fastest(units);
  // Most of the time is work, even if the machine was busy with something else during an empty submit.
  return Math.max(whole - (await fastest(0)), whole / 2) / units / 1000;
}
