import { describe, expect, it } from 'vitest';
import { at } from './assert';
import { Random } from './random';
import { StreamDecoder } from './stream-decoder';

/** A token below 256 is a byte. Tokens from 256 on are special and left out. */
const bytes = (tokens: readonly number[]) => Uint8Array.from(tokens.filter((token) => token < 256));
/** Decodes like byte-level tokenizers: every invalid sequence becomes one U+FFFD. */
const byteLevel = (tokens: readonly number[]) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(tokens));
/** Decodes like tokenizers with byte fallback: if a run is not valid UTF-8, each of its bytes becomes U+FFFD. */
const byteFallback = (tokens: readonly number[]) => {
  const text = byteLevel(tokens);
  return text.includes('\ufffd') ? '\ufffd'.repeat(bytes(tokens).length) : text;
};
/** Decodes like word tokenizers: the space before the first word is removed. */
const stripping = (tokens: readonly number[]) => byteLevel(tokens).replace(/^ /, '');

const encode = (text: string): number[] => [...new TextEncoder().encode(text)];
const push = (stream: StreamDecoder, tokens: readonly number[]) => tokens.map((token) => stream.push(token));

function randomText(random: Random): string {
  const parts = ['a', ' ', '\n', 'é', 'न', '漢', '🙂', '👩‍👧', '\u0000', '\ufeff'];
  return Array.from({ length: random.below(12) }, () => at(parts, random.below(parts.length))).join('');
}

describe.each(Object.entries({ byteLevel, byteFallback, stripping }))('StreamDecoder over %s', (name, decode) => {
  it('gives the same text as decoding everything at once, and never half a character', () => {
    const random = new Random(2, name);
    for (let i = 0; i < 300; i++) {
      const tokens = encode(randomText(random)).flatMap((byte) => (random.below(9) === 0 ? [256, byte] : [byte]));
      const stream = new StreamDecoder(decode);
      const deltas = push(stream, tokens);
      expect(deltas.join('')).not.toContain('\ufffd');
      expect(deltas.join('') + stream.end()).toBe(decode(tokens));
    }
  });

  it('gives complete characters at once, and incomplete ones at the end', () => {
    const stream = new StreamDecoder(decode);
    const half = encode('🙂').slice(0, -1);
    expect(push(stream, [...encode('a'), ...half])).toEqual(['a', '', '', '']);
    expect(stream.holding).toBe(true);
    expect(stream.end()).toBe(decode(half));
    expect(stream.holding).toBe(false);
    expect(push(stream, encode('🙂'))).toEqual(['', '', '', '🙂']);
  });

  it('gives no text for special tokens, wherever they are', () => {
    const [first = 0, ...rest] = encode('🙂');
    expect(push(new StreamDecoder(decode), [256, 97, 256, first, 256, ...rest])).toEqual([
      '',
      'a',
      '',
      '',
      '',
      '',
      '',
      '🙂',
    ]);
  });
});

it('continues after bytes that are not a character', () => {
  const [first = 0] = encode('🙂');
  expect(push(new StreamDecoder(byteLevel), [first, ...encode('ok')]).join('')).toBe('\ufffdok');
});

it('never decodes long lists, for any tokens', () => {
  for (const token of [0x80, 256, 97]) {
    let longest = 0;
    const stream = new StreamDecoder((tokens) => {
      longest = Math.max(longest, tokens.length);
      return byteLevel(tokens);
    });
    const text =
      push(
        stream,
        Array.from({ length: 1000 }, () => token),
      ).join('') + stream.end();
    expect(text).toBe(byteLevel(Array.from({ length: 1000 }, () => token)));
    expect(longest).toBeLessThanOrEqual(64);
  }
});
