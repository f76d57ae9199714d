/** The grammars of the verdicts of WebLLM's models, and the log-probabilities of A and B in their replies. */
import type { JudgeQuestion, JudgeReply } from '../language/judge-model';

/** GBNF grammars. WebLLM masks its tokens with them, so every reply that is not cut can be parsed. */
export const GRAMMARS: Readonly<Record<JudgeQuestion['kind'], string>> = {
  rating: 'root ::= "[[" [1-9] "]]"',
  comparison: 'root ::= "[[" ("A"|"B"|"C") "]]"',
};

/** At most `[`, `[`, the verdict, `]`, `]` and the end of turn. */
export const VERDICT_TOKENS = 8;

export interface TokenLogp {
  readonly token: string;
  /** Natural logarithm, among the tokens that the grammar allows. */
  readonly logprob: number;
}

export interface ReplyToken extends TokenLogp {
  /** The most likely tokens at this position, including this one. */
  readonly top: readonly TokenLogp[];
}

/**
 * Log-probabilities of A and B at the token that contains the verdict's letter. A tokenizer may join the letter with
 * the brackets before or after it, so the text up to and including each likely token is examined. A letter that is
 * not among the likely tokens gets the probability of the least likely one, which is an upper bound. Undefined without
 * a verdict.
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
