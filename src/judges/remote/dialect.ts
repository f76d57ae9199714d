/** How a question is put to a server: the fields that not every server takes are left out for one that refuses them. */
import type { JudgeQuestion } from '../language/judge-model';
import type { Problem } from './problem';

export interface Dialect {
  /** Asks for the probabilities of the verdict. */
  readonly logprobs: boolean;
  /** Reasoning models of some servers have theirs fixed. */
  readonly temperature: boolean;
  readonly limit: 'max_tokens' | 'max_completion_tokens';
}

export const FULL: Dialect = { logprobs: true, temperature: true, limit: 'max_tokens' };

/** Alternatives of each token; 20 is the most that servers take. */
const ALTERNATIVES = 10;

/** Body of a chat completion. @param tokens longest reply */
export function questionOf(
  dialect: Dialect,
  model: string,
  { kind, message }: JudgeQuestion,
  tokens: number,
): unknown {
  return {
    model,
    messages: [{ role: 'user', content: message }],
    stream: false,
    [dialect.limit]: tokens,
    ...(dialect.temperature && { temperature: 0 }),
    ...(dialect.logprobs && kind === 'comparison' && { logprobs: true, top_logprobs: ALTERNATIVES }),
  };
}

/**
 * What to try where a server refuses a question, by what it says; null where there is nothing to leave out.
 * @param again it erred over this question before
 */
export function simpler(
  dialect: Dialect,
  kind: JudgeQuestion['kind'],
  { status, said }: Pick<Problem, 'status' | 'said'>,
  again: boolean,
): Dialect | null {
  // A server that only notices while it computes, or one that erred for another reason, as it will not do twice.
  if (status === 500 && !again) return null;
  if (![400, 415, 422, 500, 501].includes(status)) return null;
  if (dialect.limit === 'max_tokens' && said.includes('max_completion_tokens'))
    return { ...dialect, limit: 'max_completion_tokens' };
  if (dialect.temperature && /temperature/i.test(said)) return { ...dialect, temperature: false };
  if (dialect.logprobs && kind === 'comparison') return { ...dialect, logprobs: false };
  return null;
}
