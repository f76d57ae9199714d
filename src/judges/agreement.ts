/** How far a judge's scores agree with the rule. */

export interface Judged {
  readonly score: number | null;
  /** null: the rule has nothing to say. */
  readonly right: boolean | null;
}

export interface Agreement {
  readonly share: number;
  /** Pairs of a right and a wrong response. */
  readonly of: number;
}

/**
 * Of every right and every wrong response to one prompt, both scored: in what share the right one scored higher, a tie counting half. 0.5 is chance.
 * @param prompts judged responses, prompt by prompt. Returns null without such a pair
 */
export function agreement(prompts: readonly (readonly Judged[])[]): Agreement | null {
  let agreed = 0;
  let of = 0;
  for (const responses of prompts) {
    const scoresOf = (right: boolean) => responses.flatMap((each) => (each.right === right ? (each.score ?? []) : []));
    const wrong = scoresOf(false);
    for (const score of scoresOf(true)) {
      for (const other of wrong) {
        agreed += score > other ? 1 : score === other ? 0.5 : 0;
        of++;
      }
    }
  }
  return of === 0 ? null : { share: agreed / of, of };
}
