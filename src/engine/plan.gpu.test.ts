import { expect, it } from 'vitest';
import type { Planner } from './planner';
import { testLab } from './testing/test-lab';

const lab = testLab();

const source = {
  name: 'first',
  code: `struct Params { rows: u32 }
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<uniform> params: Params;
@compute @workgroup_size(1) fn forward(@builtin(workgroup_id) id: vec3<u32>) {
  if (id.x == params.rows - 1) { out[0] = params.rows; }
}`,
};

/** Writes its number of workgroups. */
function first(p: Planner, rows: number) {
  const out = p.slot('out', [1], 'u32');
  p.emit({
    variant: { source, entry: 'forward', libs: [], constants: {} },
    bindings: { out },
    uniforms: { rows },
    grid: [rows],
  });
  return { out };
}

it('runs the largest grid of the device, and refuses a larger one by the name of its kernel', async () => {
  const most = lab().device.limits.maxComputeWorkgroupsPerDimension;
  const outputs = await lab().run((p) => first(p, most));
  expect(outputs.words('out')[0]).toBe(most);
  await expect(lab().run((p) => first(p, most + 1))).rejects.toMatchObject({
    code: 'adapter-limits',
    message: expect.stringContaining(`first.forward {} needs ${most + 1} workgroups`),
  });
});
