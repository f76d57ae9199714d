import { expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { ropeBackward, ropeForward } from './rope';
import { numericalGradient, randomArray, relativeError, weightedSum } from './testing/gradcheck';

const H = 3;
const D = 6;
const positions = Uint32Array.of(0, 4, 1, 4);
const angles = Float64Array.from({ length: 5 * (D / 2) }, (_, i) => Math.floor(i / 3) * 10 ** -(i % 3));
const rope = { positions, cos: angles.map(Math.cos), sin: angles.map(Math.sin), H, D };
const inp = randomArray(new Rng(1), positions.length * H * D);

it('rotates the pair (i, i + D/2), and does not change position 0', () => {
  const out = ropeForward({ ...rope, inp });
  expect(out.subarray(0, H * D)).toEqual(inp.subarray(0, H * D));
  // Row 2 (position 1), head 1, pair 1: angle 0.1.
  const at = (2 * H + 1) * D + 1;
  const [x, y] = [inp[at] ?? 0, inp[at + 3] ?? 0];
  expect(out[at]).toBeCloseTo(x * Math.cos(0.1) - y * Math.sin(0.1), 14);
  expect(out[at + 3]).toBeCloseTo(x * Math.sin(0.1) + y * Math.cos(0.1), 14);
});

it('makes the product of two rows depend only on the distance of their positions', () => {
  const at = (position: number): Float64Array =>
    ropeForward({ ...rope, H: 1, positions: Uint32Array.of(position), inp: inp.subarray(0, D) });
  const other = (position: number): Float64Array =>
    ropeForward({ ...rope, H: 1, positions: Uint32Array.of(position), inp: inp.subarray(D, 2 * D) });
  expect(weightedSum(at(1), other(3))).toBeCloseTo(weightedSum(at(2), other(4)), 12);
});

it('backward agrees with finite differences and undoes forward', () => {
  const dout = randomArray(new Rng(2), inp.length);
  const numerical = numericalGradient((x) => weightedSum(ropeForward({ ...rope, inp: x }), dout), inp);
  expect(relativeError(ropeBackward({ ...rope, dout }), numerical)).toBeLessThan(1e-8);
  expect(relativeError(ropeBackward({ ...rope, dout: ropeForward({ ...rope, inp }) }), inp)).toBeLessThan(1e-14);
});
