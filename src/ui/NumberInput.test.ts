import { expect, it } from 'vitest';
import { faultOf } from './NumberInput';

it('accepts numbers in range in any notation', () => {
  expect(['1e-3', ' 0.5 ', '1'].map((text) => faultOf(text, 0, 1, false))).toEqual([null, null, null]);
});
it('says why a text is not accepted', () => {
  expect([
    faultOf('', 0, 1, false),
    faultOf('x', 0, 1, false),
    faultOf('0.5', 0, 8, true),
    faultOf('-1', 0, 8, true),
    faultOf('9', 0, 8, true),
  ]).toEqual(['Enter a number.', 'Enter a number.', 'Enter a whole number.', 'Enter at least 0.', 'Enter at most 8.']);
  expect(faultOf('x', 0, 1, true, 'auto')).toBe('Enter a number or auto.');
});
