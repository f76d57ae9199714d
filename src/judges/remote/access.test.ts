import { describe, expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import { checkAccess, headersOf, safeExcerpt, withoutSecrets } from './access';

const KEY = 'sk-or-v1-0123456789abcdef';

describe('access', () => {
  it('is sent without white space around it', () => {
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
    ['a key of two words', { key: `${KEY} secret`, headers: {} }, 'This is not a key'],
    ['a key that ends its line', { key: `${KEY}\r\nx: secret`, headers: {} }, 'This is not a key'],
    ['a key with other letters', { key: `${KEY}…`, headers: {} }, 'This is not a key'],
    ['a key of 5,000 characters', { key: 'k'.repeat(5000), headers: {} }, 'This is not a key'],
    ['a header that browsers reserve', { key: '', headers: { Cookie: 'secret' } }, 'the header Cookie'],
    [
      'a header that browsers reserve by prefix',
      { key: '', headers: { 'Sec-Fetch-Mode': 'secret' } },
      'the header Sec-Fetch-Mode',
    ],
    ['Referer', { key: '', headers: { referer: 'secret' } }, 'the header referer'],
    ['the page’s own header', { key: '', headers: { 'Content-Type': 'secret' } }, 'The page itself sets'],
    ['a second authorization', { key: KEY, headers: { authorization: 'secret' } }, 'only one of the two'],
    ['a header without a name', { key: '', headers: { '': 'secret' } }, 'A header’s name'],
    ['a header of two lines', { key: '', headers: { 'x-a': 'a\r\nx-b: secret' } }, 'cannot be sent'],
    ['a header with characters of several bytes', { key: '', headers: { 'x-a': 'secret €' } }, 'cannot be sent'],
    [
      'many headers',
      { key: '', headers: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`x-${i}`, 'secret'])) },
      'too many',
    ],
  ])('is refused with %s, and not repeated', (_, access, says) => {
    const refuse = () => checkAccess(access);
    expect(refuse).toThrow(LabError);
    expect(refuse).toThrow(says);
    try {
      refuse();
    } catch (error) {
      expect(JSON.stringify([error, String(error)])).not.toMatch(/secret|0123456789/);
    }
  });

  it('is removed from texts', () => {
    const access = { key: KEY, headers: { 'x-tenant': 'tenant-12345', 'x-n': '7' } };
    expect(withoutSecrets(`7 of ${KEY}${KEY} at tenant-12345`, access)).toBe('7 of •••••• at •••');
    expect(withoutSecrets('nothing', { key: '', headers: {} })).toBe('nothing');
    expect(withoutSecrets('a pass12 b', { key: 'pass12', headers: {} })).toBe('a ••• b');
    const basic = { key: '', headers: { Authorization: 'Basic dXNlcjpwYXNz', 'x-long': 'dXNlcjpwYXNz-and-more' } };
    expect(withoutSecrets('dXNlcjpwYXNz, dXNlcjpwYXNz-and-more, Basic dXNlcjpwYXNz', basic)).toBe('•••, •••, •••');
  });
});

const secrets = { key: 'sk-0123456789', headers: { 'x-tenant': 'two words' } };

it('an excerpt is one line without secrets, which are removed before it is cut', () => {
  expect(safeExcerpt('no\r\n\t such  \u202Ething\u0007 ', secrets, 200)).toBe('no such thing');
  expect(safeExcerpt('x'.repeat(1000), secrets, 200)).toBe(`${'x'.repeat(200)}…`);
  expect(safeExcerpt(`${'x'.repeat(15)}sk-0123456789`, secrets, 20)).toBe(`${'x'.repeat(15)}•••`);
  expect(safeExcerpt('of two\n\nwords', secrets, 200)).toBe('of •••');
});
