import { expect, it } from 'vitest';
import { SAMPLE, withoutEmptyFields } from './judge-trial';

it('leaves empty fields out of the trial', () => {
  const check = { check: 'length', answer: '1-9 words', weight: 2 } as const;
  expect(withoutEmptyFields(SAMPLE)).toEqual(SAMPLE);
  expect(withoutEmptyFields({ ...SAMPLE, checks: [check, { ...check, answer: ' ' }] })).toEqual({
    ...SAMPLE,
    checks: [check],
  });
  expect(withoutEmptyFields({ ...SAMPLE, reference: { answer: '', check: 'number' }, checks: [] })).toEqual({
    ...SAMPLE,
    reference: null,
  });
});
