/** What every judge is to the loop. Types only. A judge sees responses, never thoughts. */

export interface JudgeRequest {
  readonly instruction: string;
  readonly responses: readonly string[];
  /** Right answer and the name of the rule that checks it; a judge that learns may ignore it. */
  readonly reference?: { readonly answer: string; readonly check: string };
}

export interface Judgement {
  /** In the order of the responses, higher is better; null where the judge came to no verdict. */
  readonly scores: readonly (number | null)[];
  /** How the scores came about, in a few words. */
  readonly detail: string;
}

export interface Judge {
  /** @throws LabError judge-failed */
  score(request: JudgeRequest): Promise<Judgement>;
}
