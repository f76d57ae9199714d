import { expect, it } from 'vitest';
import { TARGET_MODULES } from '../recipe/recipe';
import { adapterLayout, adapterMatrices, gatherMatrix, initialAdapter, scatterMatrix } from './adapter-layout';

const config = { layers: 2, hidden: 12, heads: 3, kvHeads: 1, headSize: 8, ffn: 20 } as Parameters<
  typeof adapterLayout
>[0];
const spec = { rank: 6, alpha: 12, rsLora: false, targetModules: TARGET_MODULES };

it.each([
  ['widths of fours', config],
  ['odd widths', { ...config, hidden: 13, headSize: 6, ffn: 21 }],
])('gives every matrix its own elements, and aligns bindings: %s', (_, sizes) => {
  const layout = adapterLayout(sizes, spec);
  const flat = new Float32Array(layout.size);
  const matrices = adapterMatrices(layout);
  // Every element is a different number, so each can be found again, and nothing else is written.
  const values = matrices.map(({ shape: [rows, cols] }, m) =>
    Float32Array.from({ length: rows * cols }, (_, i) => 4096 * m + i + 1),
  );
  for (const [m, matrix] of matrices.entries()) scatterMatrix(flat, matrix, values[m] as Float32Array);
  expect(matrices.map((matrix) => gatherMatrix(flat, matrix))).toEqual(values);
  const parameters = matrices.reduce((sum, { shape: [rows, cols] }) => sum + rows * cols, 0);
  expect(flat.filter((x) => x !== 0).length).toBe(parameters);
  for (const { aOffset, bOffset } of layout.stacks) {
    expect((aOffset * 4) % 256).toBe(0);
    expect((bOffset * 4) % 256).toBe(0);
  }
  expect(layout.paddedRank).toBe(8);
});

it('adapts only the requested modules', () => {
  const layout = adapterLayout(config, { ...spec, targetModules: ['q_proj', 'v_proj', 'down_proj'] });
  expect(new Set(adapterMatrices(layout).map(({ module }) => module))).toEqual(
    new Set(['q_proj', 'v_proj', 'down_proj']),
  );
  const [qkv] = layout.stacks;
  expect(qkv).toMatchObject({ stack: 'qkv', totalRank: 16, totalOutputs: 24 + 8 });
});

it('scales by alpha over rank, or over its root with rsLoRA', () => {
  expect(adapterLayout(config, spec).scale).toBe(2);
  expect(adapterLayout(config, { ...spec, rsLora: true }).scale).toBeCloseTo(12 / Math.sqrt(6), 12);
});

it('initialises A within ±1/√in and B with zeros, equally for equal seeds', () => {
  const layout = adapterLayout(config, spec);
  const flat = initialAdapter(layout, 7);
  expect(initialAdapter(layout, 7)).toEqual(flat);
  expect(initialAdapter(layout, 8)).not.toEqual(flat);
  for (const matrix of adapterMatrices(layout)) {
    const largest = Math.max(...gatherMatrix(flat, matrix).map(Math.abs));
    if (matrix.factor === 'B') expect(largest).toBe(0);
    else {
      expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(matrix.shape[1]));
      expect(largest).toBeGreaterThan(0.8 / Math.sqrt(matrix.shape[1]));
    }
  }
});
