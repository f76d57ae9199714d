/** The verdict's probabilities, from the probabilities of a reply's tokens. */
import { choiceIn } from '../language/verdict';

export interface AnswerToken {
  readonly token: string;
  /** The most probable tokens at its place, with natural logarithms of their probabilities. */
  readonly alternatives: readonly { readonly token: string; readonly logprob: number }[];
}

/**
 * Log-probabilities of A and B at the letter of a reply's verdict, of a reply that is the bare letter, or of a reply that may only have one
 * token. One that is not among the alternatives is at most as probable as the last of them. null where the tokens do not tell, and where
 * the verdict is a tie or none.
 */
export function verdictLogps(tokens: readonly AnswerToken[]): { readonly A: number; readonly B: number } | null {
  const [only] = tokens;
  const text = tokens.map(({ token }) => token).join('');
  const choice = choiceIn(text);
  if (choice === null && only !== undefined && tokens.length === 1) {
    return logpsOf(only.alternatives, (token, letter) => token.replace(/\W/g, '') === letter);
  }
  const said = choice === null ? /^\W*[AB]\W*$/.exec(text) : [...text.matchAll(/\[\[\s*[AB]\s*\]\]/g)].at(-1);
  if (choice === 0 || !said) return null;
  const at = said.index + said[0].search(/[AB]/);
  let begin = 0;
  for (const { token, alternatives } of tokens) {
    const before = token.slice(0, at - begin);
    if (begin + token.length > at) return logpsOf(alternatives, (other, letter) => other.startsWith(before + letter));
    begin += token.length;
  }
  return null;
}

function logpsOf(alternatives: AnswerToken['alternatives'], says: (token: string, letter: 'A' | 'B') => boolean) {
  const of = (letter: 'A' | 'B') => logSum(alternatives.filter(({ token }) => says(token, letter)));
  const [A, B] = [of('A'), of('B')];
  // One alone is the token itself, or a server that tells of neither.
  if (alternatives.length < 2 || Math.max(A, B) === -Infinity) return null;
  const least = Math.min(...alternatives.map(({ logprob }) => logprob));
  return { A: Math.max(A, least), B: Math.max(B, least) };
}

function logSum(alternatives: AnswerToken['alternatives']): number {
  if (alternatives.length === 0) return -Infinity;
  const most = Math.max(...alternatives.map(({ logprob }) => logprob));
  return most + Math.log(alternatives.reduce((sum, { logprob }) => sum + Math.exp(logprob - most), 0));
}
