/** Log-probabilities of the verdicts A and B, from the log-probabilities of a reply's tokens. */
import { choiceIn } from '../language/verdict';

export interface AnswerToken {
  readonly token: string;
  /** The most probable tokens at this position, with natural logarithms of their probabilities. */
  readonly alternatives: readonly { readonly token: string; readonly logprob: number }[];
}

/**
 * Log-probabilities of A and B at the letter of the verdict: in double brackets, as a bare letter, or at the only
 * token of a reply that may have just one. A letter that is not among the alternatives gets the probability of the
 * least probable one, which is an upper bound. Null if the tokens do not show it, or if there is no verdict or a tie.
 */
export function verdictLogps(tokens: readonly AnswerToken[]): { readonly A: number; readonly B: number } | null {
  const [only] = tokens;
  const text = tokens.map(({ token }) => token).join('');
  const choice = choiceIn(text);
  if (choice === null && only !== undefined && tokens.length === 1) {
    return logpsOf(only.alternatives, (token, letter) => token.replace(/\W/g, '') === letter);
  }
  const mark = choice === null ? /^\W*[AB]\W*$/.exec(text) : [...text.matchAll(/\[\[\s*[AB]\s*\]\]/g)].at(-1);
  if (choice === 0 || !mark) return null;
  const letterAt = mark.index + mark[0].search(/[AB]/);
  let begin = 0;
  for (const { token, alternatives } of tokens) {
    const before = token.slice(0, letterAt - begin);
    if (begin + token.length > letterAt) {
      return logpsOf(alternatives, (other, letter) => other.startsWith(before + letter));
    }
    begin += token.length;
  }
  return null;
}

function logpsOf(alternatives: AnswerToken['alternatives'], says: (token: string, letter: 'A' | 'B') => boolean) {
  const of = (letter: 'A' | 'B') => logSum(alternatives.filter(({ token }) => says(token, letter)));
  const [A, B] = [of('A'), of('B')];
  // A single alternative is the token itself: the server gives no others.
  if (alternatives.length < 2 || Math.max(A, B) === -Infinity) return null;
  const least = Math.min(...alternatives.map(({ logprob }) => logprob));
  return { A: Math.max(A, least), B: Math.max(B, least) };
}

function logSum(alternatives: AnswerToken['alternatives']): number {
  if (alternatives.length === 0) return -Infinity;
  const most = Math.max(...alternatives.map(({ logprob }) => logprob));
  return most + Math.log(alternatives.reduce((sum, { logprob }) => sum + Math.exp(logprob - most), 0));
}
