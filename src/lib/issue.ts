import type { BaseIssue } from 'valibot';

/** The first thing valibot found wrong, as the middle of a sentence: `k: Invalid value: Expected >=2 but received 1`. */
export function firstIssue(issues: readonly [BaseIssue<unknown>, ...BaseIssue<unknown>[]]): string {
  const [issue] = issues;
  const path = issue.path?.map((part) => String(part.key)).join('.');
  return path === undefined || path === '' ? issue.message : `${path}: ${issue.message}`;
}
