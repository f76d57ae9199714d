import { expect, it } from 'vitest';
import { TARGET_MODULES } from '../recipe/recipe';
import { adapterLayout, adapterMatrices, gatherMatrix, scatterMatrix } from './adapter-layout';
import { initialAdapter } from './lora-init';

const config = { layers: 2, hidden: 12, heads: 3, kvHeads: 1, headSize: 8, ffn: 20 } as Parameters<typeof adapterLayout>[0];
const spec = { rank: 6, alpha: 12, rsLora: false, targetModules: TARGET_MODULES };

it('gives every matrix elements of its own, and bindings their alignment', () => {
  const layout = adapterLayout(config, spec);
  const flat = new Float32Array(layout.size);
  for (const matrix of adapterMatrices(layout)) {
    const [rows, cols] = matrix.shape;
    const before = gatherMatrix(flat, matrix);
    expect(before.every((x) => x === 0)).toBe(true);
    scatterMatrix(flat, matrix, new Float32Array(rows * cols).fill(1));
  }
  const parameters = adapterMatrices(layout).reduce((sum, { shape: [rows, cols] }) => sum + rows * cols, 0);
  expect(flat.reduce((sum, x) => sum + x, 0)).toBe(parameters);
  for (const { aOffset, bOffset } of layout.stacks) {
    expect((aOffset * 4) % 256).toBe(0);
    expect((bOffset * 4) % 256).toBe(0);
  }
  expect(layout.paddedRank).toBe(8);
});

it('adapts only the modules that are asked for', () => {
  const layout = adapterLayout(config, { ...spec, targetModules: ['q_proj', 'v_proj', 'down_proj'] });
  expect(new Set(adapterMatrices(layout).map(({ module }) => module))).toEqual(new Set(['q_proj', 'v_proj', 'down_proj']));
  const [qkv] = layout.stacks;
  expect(qkv).toMatchObject({ stack: 'qkv', totalRank: 16, totalOutputs: 24 + 8 });
});

it('scales by alpha over rank, or over its root with rsLoRA', () => {
  expect(adapterLayout(config, spec).scale).toBe(2);
  expect(adapterLayout(config, { ...spec, rsLora: true }).scale).toBeCloseTo(12 / Math.sqrt(6), 12);
});

it('begins with A within ±1/√in and B zero, the same for the same seed', () => {
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
