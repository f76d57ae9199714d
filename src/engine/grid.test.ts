import { expect, it } from 'vitest';
import { checkGrids, largestGrid } from './grid';
import { Planner } from './planner';
import { Dim } from './tensor';

const limits = { maxComputeWorkgroupsPerDimension: 65_535 };

function dispatches(outputs: number) {
  const p = new Planner();
  p.emit({
    variant: { source: { name: 'linear', code: '' }, entry: 'split', libs: [], constants: { ROWS: 8 } },
    bindings: {},
    uniforms: {},
    grid: [
      { extent: outputs, per: 4 },
      { extent: new Dim('lanes', 20), per: 8, scale: 2 },
    ],
  });
  return p.dispatches;
}

it('a grid is counted at the capacity of its extents', () => {
  expect(dispatches(30).map(largestGrid)).toEqual([[8, 5]]);
});

it('a grid at the limit passes, and one beyond it is refused with the kernel and the numbers', () => {
  checkGrids(dispatches(4 * 65_535), limits);
  expect(() => checkGrids(dispatches(4 * 65_535 + 1), limits)).toThrow(
    expect.objectContaining({
      code: 'adapter-limits',
      message: expect.stringMatching(/linear\.split \{"ROWS":8\} needs 65536 × 5 workgroups; .* allows 65535/),
    }),
  );
});
