import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { PRESETS } from '../../recipe/presets';
import { thoughtPrompt } from '../../recipe/thought-prompts';
import { countTokens, toCandidate, tokenSpans } from './candidate';

const END = 0;
/** A vocabulary of strings. Token 0 ends the turn and is never decoded. */
const words = [
  '',
  'Here is my thought process:',
  '\n',
  'Two',
  ' and',
  ' two',
  '.',
  'Here is my response:',
  ' ',
  'The answer is',
  ' 4',
  'The an',
];
const decode = (tokens: readonly number[]) => tokens.map((t) => at(words, t)).join('');
const generic = thoughtPrompt('thinking', PRESETS.quick);

describe('a candidate', () => {
  it('counts the tokens of thought and response, without markers and the white space around them', () => {
    const tokens = [1, 2, 3, 4, 5, 6, 2, 2, 7, 2, 9, 10, 6, END];
    expect(toCandidate(3, { tokens, ended: true }, generic, decode)).toEqual({
      index: 3,
      tokens,
      text: 'Here is my thought process:\nTwo and two.\n\nHere is my response:\nThe answer is 4.',
      ended: true,
      thought: 'Two and two.',
      response: 'The answer is 4.',
      malformed: null,
      thoughtTokens: 4,
      responseTokens: 3,
      score: null,
      correct: null,
      s: null,
    });
  });

  it('keeps the last token if it did not end', () => {
    const candidate = toCandidate(0, { tokens: [3, 4, 5], ended: false }, generic, decode);
    expect(candidate).toMatchObject({
      text: 'Two and two',
      malformed: 'truncated',
      thoughtTokens: 3,
      responseTokens: 0,
    });
  });

  it('may be empty', () => {
    expect(toCandidate(0, { tokens: [END], ended: true }, generic, decode)).toMatchObject({
      text: '',
      malformed: 'no-marker',
      thoughtTokens: 0,
    });
    expect(toCandidate(0, { tokens: [], ended: false }, generic, decode)).toMatchObject({ malformed: 'truncated' });
  });

  it('counts a token that spans thought and response for both', () => {
    const own = [...words, 'x>>y'];
    const both = (tokens: readonly number[]) => tokens.map((t) => at(own, t)).join('');
    const { thoughtTokens, responseTokens } = toCandidate(
      0,
      { tokens: [3, 12, 5, END], ended: true },
      { ...generic, responseMarker: '>>' },
      both,
    );
    expect([thoughtTokens, responseTokens]).toEqual([2, 2]);
  });

  it('counts the same tokens as a walk over all of them', () => {
    const random = new Random(4);
    for (let i = 0; i < 300; i++) {
      const tokens = Array.from({ length: 1 + random.below(20) }, () => 1 + random.below(words.length - 1));
      const length = decode(tokens).length;
      const start = random.below(length);
      const end = start + 1 + random.below(length - start);
      let position = 0;
      let count = 0;
      for (const token of tokens) {
        const next = position + decode([token]).length;
        if (next > start && position < end) count++;
        position = next;
      }
      expect(countTokens(tokenSpans(tokens, decode), { start, end })).toBe(count);
    }
  });

  it('counts all tokens of a character, and no token without text', () => {
    // Each token is a byte. Tokens from 256 on are special and not decoded.
    const bytes = (tokens: readonly number[]) =>
      new TextDecoder().decode(Uint8Array.from(tokens.filter((t) => t < 256)));
    const tokens = [256, ...new TextEncoder().encode('漢🙂é'), 256];
    const spans = tokenSpans(tokens, bytes);
    const characters = [
      [0, 1],
      [1, 3],
      [3, 4],
    ].map(([start = 0, end = 0]) => countTokens(spans, { start, end }));
    expect(characters).toEqual([3, 4, 2]);
    expect(countTokens(spans, { start: 0, end: 4 })).toBe(9);
    expect(countTokens(spans, { start: 2, end: 2 })).toBe(0);
  });
});
