import { expect, it } from 'vitest';
import type { DeviceSpeed } from '../records/device';
import { limitSeconds, predictSeconds } from './cost-model';
import { attention } from './ops/attention';
import { embedding } from './ops/embedding';
import { linear } from './ops/linear';
import { Planner } from './planner';
import { Dim } from './tensor';
import { UNTUNED } from './tuning';

const speed: DeviceSpeed = { bandwidth: 1e9, flops: 1e9, groupFlops: 1e9, halfFlops: null, dispatch: 1e-3, submit: 0 };
const free = { ...speed, dispatch: 0 };
const fast = 1e30;

function product(rows: Dim, inputs: number, outputs: number, mostFlops?: number) {
  const p = new Planner(UNTUNED, mostFlops);
  const bound = { tensor: p.slot('weight', [outputs, inputs]) };
  const parts = [{ first: 0, end: outputs, storage: 'f32', bound } as const];
  linear(p, { inp: p.slot('inp', [rows, inputs]), weight: { label: 'weight', rows: outputs, cols: inputs, parts } });
  return p.dispatches;
}

it('bounds a product by its bytes or its operations', () => {
  const dispatches = product(new Dim('rows', 64), 128, 256);
  const replay = { values: { rows: 16 }, keys: 0 };
  const flops = 2 * 16 * 128 * 256;
  // Weight and input are slots. The output may stay in a cache.
  const bytes = 4 * (128 * 256 + 16 * 128 + 4);
  expect(limitSeconds(dispatches, replay, { ...speed, bandwidth: fast })).toBeCloseTo(flops / 1e9, 9);
  expect(limitSeconds(dispatches, replay, { ...speed, flops: fast })).toBeCloseTo(bytes / 1e9, 9);
  const predicted = predictSeconds(dispatches, replay, speed, false);
  expect(predicted).toBeGreaterThan(1e-3 + limitSeconds(dispatches, replay, speed));
  expect(predicted - predictSeconds(dispatches, replay, free, false)).toBeCloseTo(1e-3, 9);
});

it('takes longer where rows only fill a tile, and where one workgroup does not fill the device', () => {
  const dispatches = product(new Dim('rows', 128), 128, 4);
  const computing = { ...free, bandwidth: fast };
  const seconds = (rows: number, of = computing) =>
    predictSeconds(dispatches, { values: { rows }, keys: 0 }, of, false);
  // Workgroups compute tiles of 64 rows.
  expect(seconds(1)).toBe(seconds(64));
  expect(seconds(65)).toBeCloseTo(2 * seconds(64), 12);
  expect(seconds(64, { ...computing, groupFlops: 1e8 })).toBeCloseTo(10 * seconds(64), 12);
});

it('counts the rows of each part of a product that is cut', () => {
  const rows = () => new Dim('rows', 512);
  const cut = product(rows(), 128, 4, 1e5);
  expect(cut.length).toBeGreaterThan(1);
  const replay = { values: { rows: 300 }, keys: 0 };
  const computing = { ...free, bandwidth: fast };
  expect(limitSeconds(cut, replay, computing)).toBeCloseTo(
    limitSeconds(product(rows(), 128, 4), replay, computing),
    12,
  );
});

it('counts the keys that rows see, and the part of a cache that is read', () => {
  const p = new Planner(UNTUNED);
  const rows = new Dim('rows', 8);
  const heads = { heads: 4, kvHeads: 4, headSize: 16 };
  const q = p.slot('q', [rows, 64]);
  const kv = p.slot('cache 0', [1000, 128]);
  attention(p, { q, kv, ranges: p.slot('ranges', [rows, 4], 'u32'), visibleTo: null, window: null, heads, scale: 1 });
  const replay = (keys: number, bytes: number | null) => ({ values: { rows: 8 }, keys, slotBytes: () => bytes });
  const computing = { ...speed, bandwidth: fast };
  const at = (keys: number) => limitSeconds(p.dispatches, replay(keys, null), computing);
  expect(at(100)).toBeCloseTo((8 * 4 * 100 * 64) / 1e9, 9);
  expect(at(512)).toBeCloseTo(5.12 * at(100), 9);
  const moving = { ...speed, flops: fast };
  const whole = limitSeconds(p.dispatches, { values: { rows: 8 }, keys: 10 }, moving);
  const part = limitSeconds(
    p.dispatches,
    { values: { rows: 8 }, keys: 10, slotBytes: (label) => (label === 'cache 0' ? 5120 : null) },
    moving,
  );
  expect((whole - part) * 1e9).toBeCloseTo(1000 * 128 * 4 - 5120, 3);
});

it('counts a look-up by the rows that it reads', () => {
  const p = new Planner(UNTUNED);
  const bound = { tensor: p.slot('table', [50_000, 64]) };
  const parts = [{ first: 0, end: 50_000, storage: 'f32', bound } as const];
  const rows = new Dim('rows', 16);
  embedding(p, p.slot('tokens', [rows], 'u32'), { label: 'table', rows: 50_000, cols: 64, parts });
  const seconds = predictSeconds(p.dispatches, { values: { rows: 4 }, keys: 0 }, free, false);
  expect(seconds).toBeLessThan((3 * 4 * 64 * 4) / 1e9 / 0.5);
});

it('costs nothing where nothing is computed', () => {
  expect(predictSeconds(product(new Dim('rows', 64), 8, 8), { values: { rows: 0 }, keys: 0 }, speed, false)).toBe(0);
});
