import { expect, test } from 'vitest';
import { type ReplyToken, verdictLogps } from './verdict';

const token = (text: string, ...others: (readonly [string, number])[]): ReplyToken => {
  const top = others.map(([each, p]) => ({ token: each, logprob: Math.log(p) }));
  return { token: text, logprob: top.find((each) => each.token === text)?.logprob ?? 0, top };
};

/** The rest of the reply. */
const CLOSED = token(']]', [']]', 1]);

function probabilities(...tokens: ReplyToken[]): { A: number; B: number } | null {
  const logps = verdictLogps(tokens);
  return logps === undefined ? null : { A: Math.exp(logps.A), B: Math.exp(logps.B) };
}

test('are read at the letter, however the brackets are split into tokens', () => {
  const letters = [
    ['A', 0.5],
    ['B', 0.3],
    ['C', 0.2],
  ] as const;
  const expected = { A: expect.closeTo(0.5), B: expect.closeTo(0.3) };
  expect(probabilities(token('[[', ['[[', 1]), token('A', ...letters), CLOSED)).toEqual(expected);
  expect(probabilities(token('[', ['[', 1]), token('[', ['[', 1]), token('A', ...letters), CLOSED)).toEqual(expected);
  expect(probabilities(token('[[A', ['[[A', 0.5], ['[[B', 0.3], ['[[C', 0.2]))).toEqual(expected);
});

test('are summed over tokens that begin with the same letter', () => {
  const mixed = token('A', ['A', 0.3], ['A]]', 0.2], ['B]', 0.3], ['B', 0.1], ['C', 0.1]);
  expect(probabilities(token('[[', ['[[', 1]), mixed)).toEqual({ A: expect.closeTo(0.5), B: expect.closeTo(0.4) });
});

test('are read for A and B even if the verdict is a tie', () => {
  const tie = token('C', ['C', 0.6], ['B', 0.3], ['A', 0.1]);
  expect(probabilities(token('[[', ['[[', 1]), tie, CLOSED)).toEqual({
    A: expect.closeTo(0.1),
    B: expect.closeTo(0.3),
  });
});

test('use the least likely token for a letter that is not among the likely ones', () => {
  const sure = token('A', ['A', 0.9], ['A]', 0.06], ['A]]', 0.04]);
  expect(probabilities(token('[[', ['[[', 1]), sure)).toEqual({ A: expect.closeTo(1), B: expect.closeTo(0.04) });
});

test('are undefined without a verdict', () => {
  expect(verdictLogps([])).toBeUndefined();
  expect(verdictLogps([token('[[', ['[[', 1]), token('7', ['7', 1]), CLOSED])).toBeUndefined();
  expect(verdictLogps([token('[[', ['[[', 1]), token('C', ['C', 1])])).toBeUndefined();
});
