/** The verdict's probabilities, from the probabilities of a reply's tokens. */

export interface AnswerToken {
  readonly token: string;
  /** The most probable tokens at its place, with natural logarithms of their probabilities. */
  readonly alternatives: readonly { readonly token: string; readonly logprob: number }[];
}

/**
 * Log-probabilities of A and B where the reply gives its verdict: at the letter of the last `[[A]]` or `[[B]]`, or, where there is none, at
 * a reply that begins with the letter itself. One that is not among the alternatives is at most as probable as the last of them.
 * null where the tokens do not tell, and where the verdict is a tie.
 */
export function verdictLogps(tokens: readonly AnswerToken[]): { readonly A: number; readonly B: number } | null {
  const text = tokens.map(({ token }) => token).join('');
  const verdict = [...text.matchAll(/\[\[\s*([ABC])\s*\]\]/g)].at(-1);
  if (verdict === undefined) return bareLogps(tokens[0]);
  if (verdict[1] === 'C') return null;
  const letter = verdict.index + verdict[0].search(/[ABC]/);
  let begin = 0;
  for (const { token, alternatives } of tokens) {
    if (begin + token.length > letter) {
      const before = token.slice(0, letter - begin);
      const of = (wanted: string) => logSum(alternatives, (other) => other.startsWith(before + wanted));
      return alternatives.length > 1 ? bounded(of('A'), of('B'), alternatives) : null;
    }
    begin += token.length;
  }
  return null;
}

function bareLogps(first: AnswerToken | undefined): { readonly A: number; readonly B: number } | null {
  if (first === undefined || !/^\W*[AB]\W*$/.test(first.token)) return null;
  const of = (wanted: string) => logSum(first.alternatives, (other) => other.replace(/\W/g, '') === wanted);
  return first.alternatives.length > 1 ? bounded(of('A'), of('B'), first.alternatives) : null;
}

function bounded(A: number, B: number, alternatives: AnswerToken['alternatives']) {
  const least = Math.min(...alternatives.map(({ logprob }) => logprob));
  // A server that tells of neither has not told of the verdict.
  if (A === -Infinity && B === -Infinity) return null;
  return { A: Math.max(A, least), B: Math.max(B, least) };
}

function logSum(alternatives: AnswerToken['alternatives'], wanted: (token: string) => boolean): number {
  const found = alternatives.filter(({ token }) => wanted(token)).map(({ logprob }) => logprob);
  const most = Math.max(...found);
  return found.length === 0 ? -Infinity : most + Math.log(found.reduce((sum, logprob) => sum + Math.exp(logprob - most), 0));
}
