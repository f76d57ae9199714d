/** The form of the requests to a server. Fields that some servers refuse are left out for those. */
import type { JudgeQuestion } from '../language/judge-model';
import type { Problem } from './problem';

export interface Dialect {
  /** Whether to ask for the log-probabilities of the verdict. */
  readonly logprobs: boolean;
  /** Whether to set the temperature. Some reasoning models have a fixed one. */
  readonly temperature: boolean;
  readonly limit: 'max_tokens' | 'max_completion_tokens';
}

const FULL: Dialect = { logprobs: true, temperature: true, limit: 'max_tokens' };

/** Alternatives per token in the log-probabilities. Servers allow 20 at most. */
const ALTERNATIVES = 10;

/** The body of a request for a chat completion. @param tokens longest reply */
export function requestBody(
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
 * The dialect to try after a server refused a question, depending on its message. Null if nothing can be left out.
 * @param erred whether the server answered this question with status 500 before
 */
export function simplerDialect(
  dialect: Dialect,
  kind: JudgeQuestion['kind'],
  { status, serverMessage }: Pick<Problem, 'status' | 'serverMessage'>,
  erred: boolean,
): Dialect | null {
  // A single error may have another cause. Some servers notice only while they compute that they cannot do something.
  if (status === 500 && !erred) return null;
  if (![400, 415, 422, 500, 501].includes(status)) return null;
  if (dialect.limit === 'max_tokens' && serverMessage.includes('max_completion_tokens')) {
    return { ...dialect, limit: 'max_completion_tokens' };
  }
  if (dialect.temperature && /temperature/i.test(serverMessage)) return { ...dialect, temperature: false };
  if (dialect.logprobs && kind === 'comparison') return { ...dialect, logprobs: false };
  return null;
}

/**
 * Questions in a row that were only answered in a simpler dialect after errors, before the simpler dialect is kept.
 */
const DOUBTS = 2;

/** Learns which dialect a server understands. */
export class DialectMemory {
  /** The dialect for the next question. */
  current = FULL;
  private doubts = 0;
  private readonly understood = new Map<JudgeQuestion['kind'], Dialect>();

  /** Whether the last question of this kind was answered in this dialect. */
  isUnderstood(kind: JudgeQuestion['kind'], dialect: Dialect): boolean {
    return this.understood.get(kind) === dialect;
  }

  /**
   * Records that a question was answered.
   * @param doubtful whether the dialect was chosen because of errors with status 500, which may have had another cause
   */
  learn(kind: JudgeQuestion['kind'], dialect: Dialect, doubtful: boolean): void {
    if (doubtful && ++this.doubts < DOUBTS) return;
    if (dialect.logprobs) this.doubts = 0;
    this.current = dialect;
    this.understood.set(kind, dialect);
  }
}
