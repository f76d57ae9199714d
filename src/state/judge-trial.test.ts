import { expect, it } from 'vitest';
import { asAsked, SAMPLE } from './judge-trial';

it('what is still empty is not asked about', () => {
  const check = { check: 'length', answer: '1-9 words', weight: 2 } as const;
  expect(asAsked(SAMPLE)).toEqual(SAMPLE);
  expect(asAsked({ ...SAMPLE, checks: [check, { ...check, answer: ' ' }] })).toEqual({ ...SAMPLE, checks: [check] });
  expect(asAsked({ ...SAMPLE, reference: { answer: '', check: 'number' }, checks: [] })).toEqual({
    ...SAMPLE,
    reference: null,
  });
});
