/** The forms that a model of WebLLM is held to, and what its tokens' probabilities say about A and B. */
import type { JudgeQuestion, JudgeReply } from '../language/judge-model';

/** GBNF, in which WebLLM's tokens are masked: what comes always parses, unless it is cut. */
export const GRAMMARS: Readonly<Record<JudgeQuestion['kind'], string>> = {
  rating: 'root ::= "[[" [1-9] "]]"',
  comparison: 'root ::= "[[" ("A"|"B"|"C") "]]"',
};

/** `[`, `[`, the verdict, `]`, `]` and the end of turn at worst. */
export const VERDICT_TOKENS = 8;

export interface TokenLogp {
  readonly token: string;
  /** Natural logarithm, among the tokens that the grammar allows. */
  readonly logprob: number;
}

export interface ReplyToken extends TokenLogp {
  /** The most likely ones at this place, this one among them. */
  readonly top: readonly TokenLogp[];
}

/**
 * Logarithms of P(A) and P(B) at the token that holds the verdict's letter. A tokenizer may write `[[` as one token or two, and may
 * join it, or the brackets behind, with the letter: what counts is the text up to and with each likely token.
 * One of the two that is not among the likely ones has at most the probability of the least likely that is.
 */
export function verdictLogps(tokens: readonly ReplyToken[]): JudgeReply['logps'] {
  let before = '';
  for (const { token, top } of tokens) {
    if (letterOf(before + token) === null) {
      before += token;
      continue;
    }
    const mass = { A: 0, B: 0, C: 0 };
    for (const each of top) {
      const letter = letterOf(before + each.token);
      if (letter !== null) mass[letter] += Math.exp(each.logprob);
    }
    if (mass.A === 0 && mass.B === 0) return undefined;
    const least = Math.min(...top.map(({ logprob }) => logprob));
    return { A: mass.A === 0 ? least : Math.log(mass.A), B: mass.B === 0 ? least : Math.log(mass.B) };
  }
  return undefined;
}

function letterOf(text: string): 'A' | 'B' | 'C' | null {
  const [, letter] = /^\s*\[\[([ABC])/.exec(text) ?? [];
  return letter === 'A' || letter === 'B' || letter === 'C' ? letter : null;
}
