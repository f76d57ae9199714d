import { expect, it } from 'vitest';
import { layoutArena, shareArenas } from './arena';
import { linear } from './ops/linear';
import { Pace } from './pace';
import { Plan, uniformBytes } from './plan';
import { Planner } from './planner';
import { READBACK_USAGE, Readback } from './readback';
import { testLab } from './testing/test-lab';

const lab = testLab();
const [N, C] = [256, 256];

it('splits long work into several submits, with the same results as one', async () => {
  const { device, cache } = lab();
  const p = new Planner();
  const inp = p.slot('inp', [N, C]);
  const bound = { tensor: p.slot('weight', [C, C]) };
  const weight = { label: 'weight', rows: C, cols: C, parts: [{ first: 0, end: C, storage: 'f32' as const, bound }] };
  let out = inp;
  for (let i = 0; i < 12; i++) out = linear(p, { inp: out, weight });
  const layout = layoutArena(p.dispatches, [out]);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const arena = await device.allocate(shareArenas([layout]).map((bytes) => ({ label: 'arena', bytes, usage })));
  const [uniforms, staging, ...made] = (await device.allocate([
    { label: 'uniforms', bytes: uniformBytes(p.dispatches), usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST },
    { label: 'staging', bytes: 1 << 20, usage: READBACK_USAGE },
    ...[N * C * 4, C * C * 4, 16].map((bytes) => ({ label: 'slot', bytes, usage })),
  ])) as [GPUBuffer, GPUBuffer, ...GPUBuffer[]];
  const buffers = new Map(['inp', 'weight', 'none'].map((label, i) => [label, made[i] as GPUBuffer]));
  // x → 2x, twelve times.
  device.gpu.queue.writeBuffer(buffers.get('inp') as GPUBuffer, 0, new Float32Array(N * C).fill(3));
  const twice = Float32Array.from({ length: C * C }, (_, i) => (i % (C + 1) === 0 ? 2 : 0));
  device.gpu.queue.writeBuffer(buffers.get('weight') as GPUBuffer, 0, twice);
  const plan = await Plan.make(cache, p.dispatches, layout, arena, uniforms);
  plan.prepare({});
  expect(plan.length).toBe(12);
  expect(plan.flops(0, {})).toBe(2 * N * C * C);

  const pace = new Pace(device);
  let firstCalls = 0;
  const run = { plan, buffers, values: {} };
  // Each run has 12 dispatches and 0.4 Gflop. The first are split because the assumed rate is low.
  const submits = pace.submit('work', Array(40).fill(run), () => firstCalls++);
  const [read] = await new Readback(device, staging).read([{ buffer: plan.buffer(out), bytes: N * C * 4 }]);
  expect(new Set(new Float32Array(read as ArrayBuffer))).toEqual(new Set([3 * 2 ** 12]));
  expect(submits).toBeGreaterThan(1);
  // Fewer than one submit per dispatch.
  expect(submits).toBeLessThan(40 * 12);
  expect(firstCalls).toBe(1);
  // A little work is not split.
  expect(pace.submit('work', [{ ...run }])).toBeLessThanOrEqual(12);
  for (const buffer of [...arena, uniforms, staging, ...made]) device.free(buffer);
});
