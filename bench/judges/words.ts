/** Words that a model of 135 million parameters can follow, where its reply may be one token. */
export const ONE_LETTER =
  'Question: {instruction}\nAnswer A: {first}\nAnswer B: {second}\nReply with only one letter: A ' +
  'for [[A]], B for [[B]]. The better answer is:';

/** Words whose A and B are about as likely to it: verdicts depend on the responses at least, if not on their worth. */
export const EVEN_LETTERS =
  '{instruction}\nA: {first}\nB: {second}\nReply with only one letter, [[B]] or [[A]]: B if the ' +
  'second is right, A if the first is right. B or A? It is';
