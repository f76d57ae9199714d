/** The rules that a prompt's `check` may name. */
export const CHECKS = ['exact', 'number', 'time'] as const;
export type Check = (typeof CHECKS)[number];

export function isCheck(name: string): name is Check {
  return CHECKS.some((check) => check === name);
}
