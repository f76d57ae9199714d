import { expect, it } from 'vitest';
import { ReplyCache } from './reply-cache';

it('keeps the most recently used replies, up to its size', () => {
  const cache = new ReplyCache(30);
  for (const question of ['one', 'two', 'three']) cache.set(question, { text: '123456' });
  expect(cache.get('one')).toEqual({ text: '123456' });
  cache.set('four', { text: '1' });
  expect(['one', 'two', 'three', 'four'].filter((question) => cache.get(question) !== undefined)).toEqual([
    'one',
    'three',
    'four',
  ]);
  cache.set('one', { text: 'other' });
  expect(cache.get('one')).toEqual({ text: 'other' });
  cache.set('huge', { text: 'x'.repeat(31) });
  expect(cache.get('huge')).toBeUndefined();
});
