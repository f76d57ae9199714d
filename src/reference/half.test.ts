import { expect, it } from 'vitest';
import { float16ToFloat32 } from '../lib/half';
import { nearestHalf } from './half';

const FINITE = 0x7c00;
const numbers = float16ToFloat32(Uint16Array.from({ length: FINITE }, (_, bits) => bits));

it('keeps every number of f16', () => {
  const both = [...numbers, ...numbers.slice(1).map((x) => -x)];
  expect(both.map(nearestHalf)).toEqual(both);
});

it('rounds to the nearer neighbour, and a tie to the even one', () => {
  const pairs = Array.from({ length: FINITE - 1 }, (_, bits) => {
    const [below = 0, above = 0] = numbers.subarray(bits, bits + 2);
    return { below, above, even: bits % 2 === 0 ? below : above };
  });
  const between = (share: number) => pairs.map(({ below, above }) => nearestHalf(below + share * (above - below)));
  expect(between(0.49)).toEqual(pairs.map(({ below }) => below));
  expect(between(0.5)).toEqual(pairs.map(({ even }) => even));
  expect(between(0.51)).toEqual(pairs.map(({ above }) => above));
});

it('keeps numbers beyond the range at its end', () => {
  expect([65519, 65520, 1e30, -65520, Number.NEGATIVE_INFINITY].map(nearestHalf)).toEqual([
    65504, 65504, 65504, -65504, -65504,
  ]);
});
