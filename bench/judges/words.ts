/** Words that a model of 135 million parameters can follow, where its reply may be one token. */
export const ONE_LETTER =
  'Question: {instruction}\nAnswer A: {first}\nAnswer B: {second}\nReply with only one letter: A for [[A]], B for [[B]]. The better answer is:';
