/**
 * A language model at an OpenAI-compatible address: llama.cpp's server, Ollama, LM Studio, vLLM, OpenRouter. A
 * server may be slow, busy, faulty or hostile: every call ends with a reply, or with an error that says what to do.
 */
import { LabError } from '../../lib/errors';
import { parseRemoteAddress } from '../../recipe/judges/remote-address';
import type { Recipe } from '../../recipe/recipe';
import type { RemoteAccess } from '../../records/judges';
import type { JudgeModel, JudgeQuestion, JudgeReply } from '../language/judge-model';
import { choiceIn, ratingIn } from '../language/verdict';
import { NO_ACCESS, withoutSecrets } from './access';
import { type ChatCompletion, chatCompletionOf } from './answers';
import { type Budget, estimatedTokens, plausibleTokens } from './budget';
import { diagnose } from './diagnosis';
import { type Dialect, DialectMemory, requestBody, simplerDialect } from './dialect';
import * as errors from './errors';
import { type Answer, Cut, exchange, NoAnswer, type RemoteServer } from './exchange';
import { checkModel, listOrNull } from './models';
import { lacksModel, NONSENSE_TRIES, type Problem, problemOf, refusesContent } from './problem';
import type { ReplyCache } from './reply-cache';
import { PATIENCE, type Patience, Retrier, RetryableError } from './retry';

/** The recipe fields that decide where a judge connects and how much it may spend. */
export type RemoteSettings = Pick<Recipe, 'remoteUrl' | 'judgeCallLimit' | 'judgeTokenLimit'>;

/** The state that all remote judges of the page share. */
export interface RemoteConnection {
  readonly budget: Budget;
  readonly cache: ReplyCache;
  /** URL of the page. */
  readonly page: string;
  /** Key and headers. Called before every request: the user may enter a key while the judge is open. */
  access(): Promise<RemoteAccess | null>;
  /** Called when the judge is closed. */
  release?(): void;
}

export interface RemoteOptions extends RemoteConnection {
  /** The server's address as the user typed it. */
  readonly url: string;
  readonly model: string;
  /** Longest reply, in tokens. */
  readonly replyTokens: number;
  /** Calls at once. */
  readonly concurrency: number;
  readonly fetch?: typeof fetch;
  readonly patience?: Patience;
}

/** Tries for a server that does not answer: each takes as long as a call may take. */
const SILENT_TRIES = 2;

/** Largest answer that is read. Ten alternatives for each of 4,096 tokens are 5 MB. */
const MOST_BYTES = 8 * 2 ** 20;

/** A reply is cut to this many characters per token of its limit. */
const CHARACTERS_PER_TOKEN = 16;

/** @throws LabError judge-failed: the address is not valid */
export function openRemoteModel(options: RemoteOptions): JudgeModel {
  return new RemoteModel(options);
}

class RemoteModel implements JudgeModel {
  readonly name: string;
  readonly concurrency: number;
  private readonly address;
  private readonly patience: Patience;
  private readonly retrier: Retrier;
  private readonly dialects = new DialectMemory();
  private readonly closing = new AbortController();
  /** The server has answered a question before, so a failed connection may be temporary. */
  private reached = false;
  /** The model was looked up in the server's list. */
  private checked = false;

  constructor(private readonly options: RemoteOptions) {
    const address = parseRemoteAddress(options.url);
    if ('fault' in address) throw new LabError('judge-failed', address.fault, 'Correct it in the recipe.');
    this.address = address;
    this.patience = options.patience ?? PATIENCE;
    this.retrier = new Retrier(this.patience);
    this.concurrency = options.concurrency;
    this.name = `remote ${options.model}`;
  }

  /** @throws LabError judge-failed, judge-limit; the signal's reason when it is aborted */
  async ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
    const { model, replyTokens, cache } = this.options;
    const { kind, message } = question;
    const ended = AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]);
    const { headers } = (await this.server()).access;
    const sortedHeaders = Object.entries(headers).sort();
    const key = JSON.stringify([this.address.base, model, replyTokens, kind, message, sortedHeaders]);
    const cached = cache.get(key);
    if (cached !== undefined) return cached;
    const reply = await this.retrier.run(
      (erred) => this.attempt(question, erred, ended),
      async (cause) => diagnose(await this.server(), ended, cause),
      ended,
    );
    // A reply without a verdict is not cached: the next one may have a verdict.
    if (reply.logps !== undefined || (kind === 'rating' ? ratingIn(reply.text) : choiceIn(reply.text)) !== null) {
      cache.set(key, reply);
    }
    return reply;
  }

  dispose(): void {
    this.closing.abort(errors.closed());
    this.options.release?.();
  }

  private async server(): Promise<RemoteServer> {
    const { access, page, fetch = globalThis.fetch.bind(globalThis) } = this.options;
    return { address: this.address, access: (await access()) ?? NO_ACCESS, fetch, page: new URL(page) };
  }

  /**
   * Asks once, and again in a simpler dialect if the server refuses the form of the request.
   * @param erred whether the server answered this question with status 500 before
   * @throws RetryableError, LabError
   */
  private async attempt(question: JudgeQuestion, erred: boolean, signal: AbortSignal): Promise<JudgeReply> {
    const { model } = this.options;
    const { kind } = question;
    const server = await this.server();
    const { host } = server.address;
    if (!this.checked) await checkModel(server, model, this.patience.callMs, signal);
    this.checked = true;
    let dialect = this.dialects.current;
    let doubtful = false;
    for (;;) {
      const found = await this.call(server, question, dialect, signal);
      if ('text' in found) {
        this.reached = true;
        this.dialects.learn(kind, dialect, doubtful);
        return this.replyOf(found, server.access);
      }
      const { status, serverMessage } = found;
      const understood = this.dialects.isUnderstood(kind, dialect);
      if (found.concernsQuestion || (understood && refusesContent(found))) {
        this.reached = true;
        return { text: errors.notAnswered(host, status, serverMessage) };
      }
      const simpler = understood ? null : simplerDialect(dialect, kind, found, erred);
      if (simpler !== null) {
        dialect = simpler;
        doubtful ||= status === 500;
        continue;
      }
      if (lacksModel(found)) {
        const offered = await listOrNull(server, signal);
        if (offered !== null || status !== 404) throw errors.noModel(host, model, offered, server.access);
      }
      throw found.error;
    }
  }

  /** Makes one request and counts its tokens, however it ends. @throws RetryableError, LabError */
  private async call(
    server: RemoteServer,
    question: JudgeQuestion,
    dialect: Dialect,
    signal: AbortSignal,
  ): Promise<ChatCompletion | Problem> {
    const { model, replyTokens, budget } = this.options;
    const { host } = server.address;
    const reserved = estimatedTokens(question.message) + replyTokens;
    const call = await budget.take(host, reserved, signal);
    // Until the answer shows otherwise, the server may have computed everything and charge for it.
    let used: number | null = reserved;
    try {
      const answer = await this.exchange(server, requestBody(dialect, model, question, replyTokens), signal);
      const problem = problemOf(server, answer);
      if (problem !== null) {
        if (answer.status >= 300) used = null;
        return problem;
      }
      const completion = chatCompletionOf(answer.body);
      if (completion === null) {
        throw new RetryableError(errors.unexpected(host, 'it holds no reply'), { tries: NONSENSE_TRIES });
      }
      used = plausibleTokens(completion.usage, question.message + completion.text, reserved);
      return completion;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (this.reached) throw new RetryableError(null, { cause: error.cause });
      used = null;
      throw await diagnose(server, signal, error.cause);
    } finally {
      await call.end(used);
    }
  }

  /** @throws NoAnswer, RetryableError, LabError */
  private async exchange(server: RemoteServer, body: unknown, signal: AbortSignal): Promise<Answer> {
    const { callMs } = this.patience;
    const late = AbortSignal.timeout(callMs);
    try {
      return await exchange(server, '/chat/completions', body, MOST_BYTES, AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      const { host } = server.address;
      if (late.aborted) throw new RetryableError(errors.silent(host, callMs / 1000), { tries: SILENT_TRIES });
      if (error instanceof Cut) throw new RetryableError(errors.cut(host, error.cause));
      throw error;
    }
  }

  private replyOf({ text, finish, logps }: ChatCompletion, access: RemoteAccess): JudgeReply {
    const { replyTokens } = this.options;
    const capped = withoutSecrets(text, access).slice(0, CHARACTERS_PER_TOKEN * replyTokens + 256);
    const note =
      finish === 'length'
        ? `(cut off after ${replyTokens} ${replyTokens === 1 ? 'token' : 'tokens'})`
        : finish === 'content_filter'
          ? '(withheld by the server’s filter)'
          : '';
    const whole = [capped, note].filter((part) => part !== '').join(' … ');
    return { text: whole, ...(logps !== null && { logps }) };
  }
}
