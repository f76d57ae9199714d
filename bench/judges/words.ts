/** A template that a model of 135 million parameters can follow if its reply may be only one token. */
export const ONE_LETTER =
  'Question: {instruction}\nAnswer A: {first}\nAnswer B: {second}\nReply with only one letter: A ' +
  'for [[A]], B for [[B]]. The better answer is:';

/**
 * A template for which such a model finds A and B about equally likely, so its verdicts depend on the responses,
 * though not on their quality.
 */
export const EVEN_LETTERS =
  '{instruction}\nA: {first}\nB: {second}\nReply with only one letter, [[B]] or [[A]]: B if the ' +
  'second is right, A if the first is right. B or A? It is';
