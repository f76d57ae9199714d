/** The rules that a prompt's `check` may name. */
export const CHECKS = ['exact', 'number', 'time', 'regex', 'contains', 'json', 'length'] as const;
export type Check = (typeof CHECKS)[number];

/** One of several things that a response is to fulfil. */
export interface WeightedCheck {
  readonly check: Check;
  /** What the rule compares with: src/recipe/check-answer.ts says what each takes. */
  readonly answer: string;
  readonly weight: number;
}

export function isCheck(name: string): name is Check {
  return CHECKS.some((check) => check === name);
}
