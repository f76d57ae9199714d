import type { BaseIssue } from 'valibot';

/**
 * Errors with a known reason: a stable code, a sentence that says what happened, and a sentence that says what is safe
 * and what to do.
 */
const ERROR_CODES = [
  'no-webgpu',
  'adapter-limits',
  'device-lost',
  'gpu-error',
  'out-of-memory',
  'does-not-fit',
  'bad-file',
  'bad-prompts',
  'bad-recipe',
  'prompt-too-long',
  'batch-limit',
  'unsupported-model',
  'judge-failed',
  'judge-limit',
  'nothing-to-learn',
  'not-finite',
  'storage-full',
  'no-storage',
  'running-elsewhere',
  'not-found',
  'gated',
  'hub-unreachable',
  'hub-failed',
  'cancelled',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export function isErrorCode(code: unknown): code is ErrorCode {
  return ERROR_CODES.some((known) => known === code);
}

export class LabError extends Error {
  override readonly name = 'LabError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly advice: string = '',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The judge could not be asked. The run pauses, and the user can continue it. */
export function isJudgeFailure(error: unknown): error is LabError {
  return error instanceof LabError && (error.code === 'judge-failed' || error.code === 'judge-limit');
}

/** The error as plain data, which can be posted from a worker to the page. */
export function toFailure(error: unknown): Failure {
  if (error instanceof LabError) return { code: error.code, message: error.message, advice: error.advice };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, advice: 'Nothing that was stored is lost. Reload the page and continue.' };
}

/** The inverse of `toFailure`. Also accepts the plain Error that arrives when the worker itself crashed. */
export function fromFailure(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown;
  if (thrown instanceof Error)
    return new LabError('internal', thrown.message, 'What was stored is safe. Reload the page and continue.');
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const advice = 'advice' in thrown ? String(thrown.advice) : '';
    return new LabError(isErrorCode(thrown.code) ? thrown.code : 'internal', String(thrown.message), advice);
  }
  return new LabError('internal', String(thrown));
}

export interface Failure {
  /** An `ErrorCode`. */
  readonly code: string;
  /** One sentence: what happened. */
  readonly message: string;
  /** Says what is safe, and what to do. */
  readonly advice: string;
}

/**
 * The first issue that valibot found, to be used inside a sentence: `k: Invalid value: Expected >=2 but received 1`.
 */
export function firstIssue(issues: readonly [BaseIssue<unknown>, ...BaseIssue<unknown>[]]): string {
  const [issue] = issues;
  const path = issue.path?.map((part) => String(part.key)).join('.');
  return path === undefined || path === '' ? issue.message : `${path}: ${issue.message}`;
}
