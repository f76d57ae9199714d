/** Classifies faulty answers: whether to try again, and which error to throw if the fault persists. */
import type { LabError } from '../../lib/errors';
import { retryAfter } from '../../lib/retry';
import { safeExcerpt } from './access';
import { errorOf } from './answers';
import * as errors from './errors';
import type { Answer, RemoteServer } from './exchange';
import { RetryableError } from './retry';

/** Tries for an answer that makes no sense: it rarely improves. */
export const NONSENSE_TRIES = 3;

/** Characters of a server's message that are shown. */
const SHOWN = 200;

export interface Problem {
  readonly status: number;
  /** The server's message; '' if there is none. */
  readonly serverMessage: string;
  /** The server refuses this question, as its message shows, but may answer others. */
  readonly concernsQuestion: boolean;
  readonly error: LabError | RetryableError;
}

/** Null if the answer has no fault that can be seen without knowing the question. */
export function problemOf(
  { address, access }: RemoteServer,
  { status: httpStatus, headers, kind, body }: Answer,
): Problem | null {
  const { host, base } = address;
  const reported = kind === 'json' ? errorOf(body) : null;
  const ok = httpStatus < 300;
  if (kind !== 'redirect' && ok && reported === null) {
    if (kind === 'json') return null;
    const nonsense = new RetryableError(errors.unexpected(host, 'it is not JSON'), { tries: NONSENSE_TRIES });
    return {
      status: httpStatus,
      serverMessage: '',
      concernsQuestion: false,
      error: kind === 'html' ? errors.webPage(host) : nonsense,
    };
  }
  // An error in an answer with status 200 occurred while the model was generating.
  const status = reported?.status ?? (ok ? 502 : httpStatus);
  const serverMessage = safeExcerpt(reported?.message ?? '', access, SHOWN);
  const pauseSeconds = retryAfter(headers, Date.now());
  const error = (): LabError | RetryableError => {
    if (kind === 'redirect') return errors.redirected(host);
    if (status === 401 || status === 403) return errors.keyRefused(host, status, access.key !== '');
    if (status === 402) return errors.unpaid(host);
    if (status === 404 || status === 405) return errors.noServer(host, base);
    if (status === 429) return new RetryableError(errors.rateLimited(host, pauseSeconds), { pauseSeconds });
    if (status === 408 || status === 425 || (status >= 500 && status !== 501)) {
      return new RetryableError(errors.broken(host, status, serverMessage), { pauseSeconds, status });
    }
    return errors.refused(host, status, serverMessage);
  };
  const concernsQuestion =
    kind !== 'redirect' && isQuestionRefused(status, `${reported?.name ?? ''} ${serverMessage}`);
  return { status, serverMessage, concernsQuestion, error: error() };
}

/** Whether the question is too long, or was refused by a content filter. */
const isQuestionRefused = (status: number, words: string): boolean =>
  status === 413 ||
  ([400, 422, 500].includes(status) && TOO_LONG.test(words)) ||
  ([400, 403, 422, 451].includes(status) && UNWANTED.test(words) && !/\baccount\b/i.test(words));

/** In the words of OpenAI, vLLM, llama.cpp, LM Studio, text-generation-inference, TabbyAPI and Anthropic. */
const TOO_LONG = /context.(?:length|size|window)|too long|max_seq_len|`inputs`/i;
/** In the words of OpenRouter, OpenAI and Azure. */
const UNWANTED = /moderat|flagged|content.(?:filter|policy|management)|usage polic|safety/i;

/**
 * Whether a request in a form that the server accepted before was refused because of its content. False if the message
 * is about something that may have changed since, such as the model, the key or the credit.
 */
export const refusesContent = ({ status, serverMessage }: Problem): boolean =>
  [400, 422].includes(status) &&
  !/\bmodel\b|\bkey\b|token (?:is|has)|authori|credential|quota|credit|balance|billing/i.test(serverMessage);

/** Whether the server says that it does not have the model. */
export const lacksModel = ({ status, serverMessage }: Problem): boolean =>
  status === 404 ||
  (status < 500 &&
    /\bmodel\b/i.test(serverMessage) &&
    /not found|not exist|unknown|invalid model|not a valid|not loaded|no model/i.test(serverMessage));
