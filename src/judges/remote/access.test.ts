import { describe, expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import { checkAccess, headersOf, withoutSecrets } from './access';

const KEY = 'sk-or-v1-0123456789abcdef';

describe('access', () => {
  it('is sent as it is meant', () => {
    const access = checkAccess({
      key: `  Bearer ${KEY}\n`,
      headers: { ' HTTP-Referer ': ' https://lab.example ', 'X-Title': 'Lab' },
    });
    expect(headersOf(access)).toEqual({
      authorization: `Bearer ${KEY}`,
      'HTTP-Referer': 'https://lab.example',
      'X-Title': 'Lab',
    });
    expect(headersOf(checkAccess({ key: ' ', headers: { Authorization: 'Basic YTpi' } }))).toEqual({
      Authorization: 'Basic YTpi',
    });
  });

  it.each([
    ['a key of two words', { key: `${KEY} secret`, headers: {} }, 'This is no key'],
    ['a key that ends the line', { key: `${KEY}\r\nx: secret`, headers: {} }, 'This is no key'],
    ['a key of other letters', { key: `${KEY}…`, headers: {} }, 'This is no key'],
    ['a key without end', { key: 'k'.repeat(5000), headers: {} }, 'This is no key'],
    ['a header that browsers keep', { key: '', headers: { Cookie: 'secret' } }, 'the header Cookie'],
    [
      'a header that browsers keep by kind',
      { key: '', headers: { 'Sec-Fetch-Mode': 'secret' } },
      'the header Sec-Fetch-Mode',
    ],
    ['Referer', { key: '', headers: { referer: 'secret' } }, 'the header referer'],
    ['the page’s own header', { key: '', headers: { 'Content-Type': 'secret' } }, 'is the page’s own'],
    ['a second authorization', { key: KEY, headers: { authorization: 'secret' } }, 'one or the other'],
    ['a header without a name', { key: '', headers: { '': 'secret' } }, 'A header’s name'],
    ['a header of two lines', { key: '', headers: { 'x-a': 'a\r\nx-b: secret' } }, 'cannot be sent'],
    ['a header beyond one byte', { key: '', headers: { 'x-a': 'secret €' } }, 'cannot be sent'],
    [
      'many headers',
      { key: '', headers: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x-${i}`, 'secret'])) },
      'too many',
    ],
  ])('with %s is refused, and not repeated', (_, access, says) => {
    const refuse = () => checkAccess(access);
    expect(refuse).toThrow(LabError);
    expect(refuse).toThrow(says);
    try {
      refuse();
    } catch (error) {
      expect(JSON.stringify([error, String(error)])).not.toMatch(/secret|0123456789/);
    }
  });

  it('is taken out of texts', () => {
    const access = { key: KEY, headers: { 'x-tenant': 'tenant-12345', 'x-n': '7' } };
    expect(withoutSecrets(`7 of ${KEY}${KEY} at tenant-12345`, access)).toBe('7 of •••••• at •••');
    expect(withoutSecrets('nothing', { key: '', headers: {} })).toBe('nothing');
    expect(withoutSecrets('a pass12 b', { key: 'pass12', headers: {} })).toBe('a ••• b');
    const basic = { key: '', headers: { Authorization: 'Basic dXNlcjpwYXNz', 'x-long': 'dXNlcjpwYXNz-and-more' } };
    expect(withoutSecrets('dXNlcjpwYXNz, dXNlcjpwYXNz-and-more, Basic dXNlcjpwYXNz', basic)).toBe('•••, •••, •••');
  });
});
