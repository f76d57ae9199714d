import { expect, it } from 'vitest';
import { type Axis, headAxis, isPlain, plainAxis } from './axis';

/** For each position on the device, the file's index, or null for padding. */
function places({ padded, runs }: Axis): (number | null)[] {
  const out: (number | null)[] = Array.from({ length: padded }, () => null);
  for (const { first, end, at } of runs) for (let i = first; i < end; i++) out[at + i - first] = i;
  return out;
}

it('pads a width at its end', () => {
  expect(places(plainAxis(5))).toEqual([0, 1, 2, 3, 4, null, null, null]);
  expect(isPlain(plainAxis(5))).toBe(false);
  expect(isPlain(plainAxis(8))).toBe(true);
});

it('pads each half of a head, so that rotated pairs stay half a padded head apart', () => {
  expect(places(headAxis(2, 6))).toEqual([0, 1, 2, null, 3, 4, 5, null, 6, 7, 8, null, 9, 10, 11, null]);
  expect(headAxis(3, 8)).toEqual(plainAxis(24));
});
