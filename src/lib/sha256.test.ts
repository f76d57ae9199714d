import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256, sha256OfText } from './sha256';

it.each([0, 1, 55, 56, 63, 64, 119, 120, 1000])(
  'equals Node’s sha-256 of %i characters, synchronously and asynchronously',
  async (length) => {
    const text = 'Who judges? é🙂'.repeat(100).slice(0, length);
    const expected = createHash('sha256').update(text).digest('hex');
    expect(sha256OfText(text)).toBe(expected);
    expect(await sha256(new TextEncoder().encode(text))).toBe(expected);
  },
);
