/**
 * Everything that can go wrong for a reason we know, as one class: a stable code, one sentence that says what happened,
 * and one that says what is safe and what to do.
 */
export const ERROR_CODES = [
  'no-webgpu',
  'adapter-limits',
  'device-lost',
  'out-of-memory',
  'does-not-fit',
  'bad-file',
  'bad-prompts',
  'bad-recipe',
  'prompt-too-long',
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

/** The run waits for a judge that gave no verdict: its reader can go on. */
export function isJudgeFailure(error: unknown): error is LabError {
  return error instanceof LabError && (error.code === 'judge-failed' || error.code === 'judge-limit');
}

/** An error as it crosses from the worker to the page. */
export function toFailure(error: unknown): { code: string; message: string; advice: string } {
  if (error instanceof LabError) return { code: error.code, message: error.message, advice: error.advice };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, advice: 'Nothing that was stored is lost. Reload the page and go on.' };
}

/** What came across from a worker as a `Failure`, or as an Error where the worker itself broke. */
export function fromFailure(thrown: unknown): LabError {
  if (thrown instanceof LabError) return thrown;
  if (thrown instanceof Error)
    return new LabError('internal', thrown.message, 'What was stored is safe. Reload the page and go on.');
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const advice = 'advice' in thrown ? String(thrown.advice) : '';
    return new LabError(isErrorCode(thrown.code) ? thrown.code : 'internal', String(thrown.message), advice);
  }
  return new LabError('internal', String(thrown));
}

export interface Failure {
  /** Code of the typed error. */
  readonly code: string;
  /** One sentence: what happened. */
  readonly message: string;
  /** What is safe, and what to do. */
  readonly advice: string;
}
