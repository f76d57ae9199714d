/** What is wrong with an answer: whether to try again, and what to say where it stays so. */
import type { LabError } from '../../lib/errors';
import { retryAfter } from '../../lib/retry-after';
import { errorOf } from './answers';
import * as errors from './errors';
import type { Answer, RemoteServer } from './exchange';
import { foreignWords } from './words';

/** What may be otherwise at the next try. */
export class Interruption extends Error {
  constructor(
    /** What to say when there is no next try; null: to be found out. */
    readonly failure: LabError | null,
    /** Tries after which there is none. */
    readonly tries: number = Number.POSITIVE_INFINITY,
    /** As the server asks for it. */
    readonly pauseSeconds: number | null = null,
    /** The server's, where it answered with one. */
    readonly status: number | null = null,
    options?: ErrorOptions,
  ) {
    super(failure?.message ?? '', options);
  }
}

/** Nonsense mostly stays nonsense. */
export const NONSENSE_TRIES = 3;

/** Of what a server says. */
const SHOWN = 200;

export interface Problem {
  readonly status: number;
  /** In the server's words. */
  readonly said: string;
  /** The server will not answer this question, of which it says so itself; it may well answer others. */
  readonly ofQuestion: boolean;
  readonly error: LabError | Interruption;
}

/** null where the answer is none, as far as that can be said without knowing what was asked. */
export function problemOf(
  { address, access }: RemoteServer,
  { status: httpStatus, headers, kind, body }: Answer,
): Problem | null {
  const { host, base } = address;
  const told = kind === 'json' ? errorOf(body) : null;
  const ok = httpStatus < 300;
  if (kind !== 'redirect' && ok && told === null) {
    if (kind === 'json') return null;
    const nonsense = new Interruption(errors.unexpected(host, 'it is not JSON'), NONSENSE_TRIES);
    return {
      status: httpStatus,
      said: '',
      ofQuestion: false,
      error: kind === 'html' ? errors.webPage(host) : nonsense,
    };
  }
  // An error with status 200 is one that came up while the model wrote.
  const status = told?.status ?? (ok ? 502 : httpStatus);
  const said = foreignWords(told?.message ?? '', access, SHOWN);
  const seconds = retryAfter(headers, Date.now());
  const error = (): LabError | Interruption => {
    if (kind === 'redirect') return errors.redirected(host);
    if (status === 401 || status === 403) return errors.keyRefused(host, status, access.key !== '');
    if (status === 402) return errors.unpaid(host);
    if (status === 404 || status === 405) return errors.noServer(host, base);
    if (status === 429) return new Interruption(errors.rateLimited(host, seconds), Number.POSITIVE_INFINITY, seconds);
    if (status === 408 || status === 425 || (status >= 500 && status !== 501)) {
      return new Interruption(errors.broken(host, status, said), Number.POSITIVE_INFINITY, seconds, status);
    }
    return errors.refused(host, status, said);
  };
  const ofQuestion = kind !== 'redirect' && isOfQuestion(status, `${told?.name ?? ''} ${said}`);
  return { status, said, ofQuestion, error: error() };
}

/** It does not fit, or is of what the server's owner does not want to be asked. */
const isOfQuestion = (status: number, words: string): boolean =>
  status === 413 ||
  ([400, 422, 500].includes(status) && TOO_LONG.test(words)) ||
  ([400, 403, 422, 451].includes(status) && UNWANTED.test(words) && !/\baccount\b/i.test(words));

/** As OpenAI, vLLM, llama.cpp, LM Studio, text-generation-inference, TabbyAPI and Anthropic have it. */
const TOO_LONG = /context.(?:length|size|window)|too long|max_seq_len|`inputs`/i;
/** As OpenRouter, OpenAI and Azure have it. */
const UNWANTED = /moderat|flagged|content.(?:filter|policy|management)|usage polic|safety/i;

/**
 * A way of asking that the server has taken before is refused for what is asked, unless it speaks of something else that may have
 * changed since.
 */
export const refusesContent = ({ status, said }: Problem): boolean =>
  [400, 422].includes(status) &&
  !/\bmodel\b|\bkey\b|token (?:is|has)|authori|credential|quota|credit|balance|billing/i.test(said);

/** A server that speaks of the model as one that it does not have. */
export const lacksModel = ({ status, said }: Problem): boolean =>
  status === 404 ||
  (status < 500 &&
    /\bmodel\b/i.test(said) &&
    /not found|not exist|unknown|invalid model|not a valid|not loaded|no model/i.test(said));
