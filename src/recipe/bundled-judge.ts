/** The reward model beside the page. Bytes of what is fetched to run it: weights and tokenizer. */
export const BUNDLED_JUDGE = { name: 'tiny-judge', bytes: 3_868_954 } as const;
