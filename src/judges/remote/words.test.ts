import { expect, it } from 'vitest';
import { foreignWords } from './words';

const access = { key: 'sk-0123456789', headers: { 'x-tenant': 'two words' } };

it('are one line, without secrets, which are taken out before anything is cut off', () => {
  expect(foreignWords('no\r\n\t such  \u202Ething\u0007 ', access, 200)).toBe('no such thing');
  expect(foreignWords('x'.repeat(1000), access, 200)).toBe(`${'x'.repeat(200)}…`);
  expect(foreignWords(`${'x'.repeat(15)}sk-0123456789`, access, 20)).toBe(`${'x'.repeat(15)}•••`);
  expect(foreignWords('of two\n\nwords', access, 200)).toBe('of •••');
});
