import { expect, it } from 'vitest';
import { agreement } from './agreement';

const judged = (...pairs: [number | null, boolean | null][]) => pairs.map(([score, right]) => ({ score, right }));

it('counts, within a prompt, every right response against every wrong one', () => {
  expect(agreement([judged([2, true], [1, false], [3, false], [2, false])])).toEqual({ share: 0.5, of: 3 });
  expect(agreement([judged([2, true], [1, false]), judged([5, false], [9, true], [9, true])])).toEqual({
    share: 1,
    of: 3,
  });
});

it('leaves out what has no score or no answer, and says nothing of nothing', () => {
  expect(agreement([judged([null, true], [1, false], [0, true], [7, null])])).toEqual({ share: 0, of: 1 });
  expect(agreement([judged([1, true], [2, true]), judged([1, null], [2, false])])).toBeNull();
  expect(agreement([])).toBeNull();
});
