/**
 * A language model behind an OpenAI-compatible address as a judge: llama.cpp's server, Ollama, LM Studio, vLLM, OpenRouter. A server may be slow,
 * busy, wrong or hostile: every call ends in a reply, or in a sentence that says what to do.
 */
import { LabError } from '../../lib/errors';
import { pause } from '../../lib/pause';
import { parseRemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import type { JudgeModel, JudgeQuestion, JudgeReply } from '../language/judge-model';
import type { ReplyCache } from '../language/reply-cache';
import { choiceIn, ratingIn } from '../language/verdict';
import { NO_ACCESS, withoutSecrets } from './access';
import { type Completion, completionOf } from './answers';
import type { Budget } from './budget';
import { diagnose } from './diagnosis';
import { type Dialect, FULL, questionOf, simpler } from './dialect';
import * as errors from './errors';
import { type Answer, Cut, exchange, NoAnswer, type RemoteServer } from './exchange';
import { checkModel, listOrNull } from './models';
import { Interruption, lacksModel, NONSENSE_TRIES, type Problem, problemOf, refusesContent } from './problem';

/** Milliseconds, and how often a call is made at most. */
export interface Patience {
  /** Until an answer has come whole: a slow server may have others in front. */
  readonly callMs: number;
  readonly firstPauseMs: number;
  /** A server that asks for a longer pause is not waited for. */
  readonly longestPauseMs: number;
  readonly tries: number;
}

export const PATIENCE: Patience = { callMs: 300_000, firstPauseMs: 1000, longestPauseMs: 120_000, tries: 7 };

export interface RemoteOptions {
  /** As it is typed. */
  readonly url: string;
  readonly model: string;
  /** Longest reply, in tokens. */
  readonly replyTokens: number;
  /** Calls at once. */
  readonly concurrency: number;
  readonly budget: Budget;
  readonly cache: ReplyCache;
  /** Address of the page. */
  readonly page: string;
  /** Asked for at each call: a key may be entered meanwhile. */
  access(): Promise<RemoteAccess | null>;
  readonly fetch?: typeof fetch;
  readonly patience?: Patience;
}

/** Each takes as long as a call may. */
const SILENT_TRIES = 2;

/** Ten alternatives of 4,096 tokens are 5 MB. */
const MOST_BYTES = 8 * 2 ** 20;

/** What a token may have of a reply that is kept. */
const CHARACTERS_PER_TOKEN = 16;

/** Questions that only went well when they were put otherwise, before all are put so: an error may have passed just then. */
const DOUBTS = 2;

/** A server's own instructions and hidden thoughts may be as many times what is known of. */
const MOST_TIMES = 16;

/** @throws LabError judge-failed where the address is none */
export function openRemoteModel(options: RemoteOptions): JudgeModel {
  return new RemoteModel(options);
}

class RemoteModel implements JudgeModel {
  readonly name: string;
  readonly concurrency: number;
  readonly #address;
  readonly #patience: Patience;
  readonly #closing = new AbortController();
  /** By kind of question: how it was put when the server last understood it. */
  readonly #understood = new Map<JudgeQuestion['kind'], Dialect>();
  #dialect = FULL;
  #doubts = 0;
  /** It has answered a question: what does not come now may come later. */
  #reached = false;
  #checked = false;
  /** Nobody asks before: `Date.now()`. */
  #restUntil = 0;

  constructor(private readonly options: RemoteOptions) {
    const address = parseRemoteAddress(options.url);
    if ('fault' in address) throw new LabError('judge-failed', address.fault, 'Correct it in the recipe.');
    this.#address = address;
    this.#patience = options.patience ?? PATIENCE;
    this.concurrency = options.concurrency;
    this.name = `remote ${options.model}`;
  }

  /** @throws LabError judge-failed, judge-limit; the signal's reason when it is aborted */
  async ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
    const { model, replyTokens, cache } = this.options;
    const { kind, message } = question;
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    const { headers } = (await this.#server()).access;
    const key = JSON.stringify([
      this.#address.base,
      model,
      replyTokens,
      kind,
      message,
      Object.entries(headers).sort(),
    ]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const reply = await this.#patiently(question, ended);
    // What is no verdict may be one when it is asked for again.
    if (reply.logps !== undefined || (kind === 'rating' ? ratingIn(reply.text) : choiceIn(reply.text)) !== null) {
      cache.set(key, reply);
    }
    return reply;
  }

  dispose(): void {
    this.#closing.abort(errors.closed());
  }

  async #server(): Promise<RemoteServer> {
    const { access, page, fetch = globalThis.fetch.bind(globalThis) } = this.options;
    return { address: this.#address, access: (await access()) ?? NO_ACCESS, fetch, page: new URL(page) };
  }

  async #patiently(question: JudgeQuestion, signal: AbortSignal): Promise<JudgeReply> {
    const { callMs, firstPauseMs, longestPauseMs, tries } = this.#patience;
    const seen = new Map<number, number>();
    let erred = false;
    for (let failures = 1; ; failures++) {
      await pause(Math.max(0, this.#restUntil - Date.now()), signal);
      const server = await this.#server();
      try {
        if (!this.#checked) await checkModel(server, this.options.model, callMs, signal);
        this.#checked = true;
        return await this.#once(server, question, erred, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Interruption)) throw error;
        const { failure, pauseSeconds } = error;
        erred ||= error.status === 500;
        const alike = (seen.get(error.tries) ?? 0) + 1;
        seen.set(error.tries, alike);
        if (failures >= tries || alike >= error.tries || (pauseSeconds ?? 0) * 1000 > longestPauseMs) {
          throw failure ?? (await diagnose(server, signal, error.cause));
        }
        // Calls that failed together do not come again together.
        const backOffMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
        if (pauseSeconds === null) await pause(backOffMs, signal);
        else {
          const askedMs = pauseSeconds * 1000 * (1 + Math.random() / 10);
          this.#restUntil = Math.max(this.#restUntil, Date.now() + Math.max(backOffMs, askedMs));
        }
      }
    }
  }

  /** One call, put otherwise where the server refuses how it is put. @param erred it has over this question. @throws Interruption, LabError */
  async #once(
    server: RemoteServer,
    question: JudgeQuestion,
    erred: boolean,
    signal: AbortSignal,
  ): Promise<JudgeReply> {
    const { model } = this.options;
    const { kind } = question;
    for (let dialect = this.#dialect, doubtful = false; ; ) {
      const found = await this.#call(server, question, dialect, signal);
      if ('text' in found) {
        this.#keep(kind, dialect, doubtful);
        return this.#reply(found, server.access);
      }
      const { status, said } = found;
      const understood = this.#understood.get(kind) === dialect;
      if (found.ofQuestion || (understood && refusesContent(found))) {
        this.#reached = true;
        return { text: errors.notAnswered(server.address.host, status, said) };
      }
      const next = understood ? null : simpler(dialect, kind, found, erred);
      if (next !== null) {
        dialect = next;
        doubtful ||= status === 500;
        continue;
      }
      if (lacksModel(found)) {
        const offered = await listOrNull(server, signal);
        if (offered !== null || status !== 404)
          throw errors.noModel(server.address.host, model, offered, server.access);
      }
      throw found.error;
    }
  }

  /** How a question was put when the server understood it is how the next one is put. @param doubtful found out by errors that may have passed */
  #keep(kind: JudgeQuestion['kind'], dialect: Dialect, doubtful: boolean): void {
    this.#reached = true;
    if (doubtful && ++this.#doubts < DOUBTS) return;
    if (dialect.logprobs) this.#doubts = 0;
    this.#dialect = dialect;
    this.#understood.set(kind, dialect);
  }

  /** What it takes is counted, however it ends. @throws Interruption, LabError */
  async #call(
    server: RemoteServer,
    question: JudgeQuestion,
    dialect: Dialect,
    signal: AbortSignal,
  ): Promise<Completion | Problem> {
    const { model, replyTokens, budget } = this.options;
    const { host } = server.address;
    const most = tokensOf(question.message) + replyTokens;
    const call = await budget.take(host, most, signal);
    // It may have been computed whatever comes of it, and is charged for.
    let used: number | null = most;
    try {
      const answer = await this.#exchange(server, questionOf(dialect, model, question, replyTokens), signal);
      const problem = problemOf(server, answer);
      if (problem !== null) {
        if (answer.status >= 300) used = null;
        return problem;
      }
      const completion = completionOf(answer.body);
      if (completion === null) throw new Interruption(errors.unexpected(host, 'it holds no reply'), NONSENSE_TRIES);
      used = tokensUsed(completion, question.message, most);
      return completion;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (this.#reached) throw new Interruption(null, undefined, null, null, { cause: error.cause });
      used = null;
      throw await diagnose(server, signal, error.cause);
    } finally {
      await call.end(used);
    }
  }

  /** @throws NoAnswer, Interruption, LabError */
  async #exchange(server: RemoteServer, body: unknown, signal: AbortSignal): Promise<Answer> {
    const { callMs } = this.#patience;
    const late = AbortSignal.timeout(callMs);
    try {
      return await exchange(server, '/chat/completions', body, MOST_BYTES, AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      const { host } = server.address;
      if (late.aborted) throw new Interruption(errors.silent(host, callMs / 1000), SILENT_TRIES);
      if (error instanceof Cut) throw new Interruption(errors.cut(host, error.cause));
      throw error;
    }
  }

  #reply({ text, finish, logps }: Completion, access: RemoteAccess): JudgeReply {
    const { replyTokens } = this.options;
    const kept = withoutSecrets(text, access).slice(0, CHARACTERS_PER_TOKEN * replyTokens + 256);
    const note =
      finish === 'length'
        ? `(cut off after ${replyTokens} ${replyTokens === 1 ? 'token' : 'tokens'})`
        : finish === 'content_filter'
          ? '(withheld by the server’s filter)'
          : '';
    const whole = [kept, note].filter((part) => part !== '').join(' … ');
    return { text: whole, ...(logps !== null && { logps }) };
  }
}

/** About: a server's own count is not known before. Four letters of ASCII make a token, and two bytes of others. */
function tokensOf(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const wide = bytes.filter((byte) => byte > 127).length;
  return 16 + Math.ceil((bytes.length - wide) / 4 + wide / 2);
}

/** What a server says, unless that is less than can be, and up to a bound: else an estimate. @param most was reserved */
function tokensUsed({ usage, text }: Completion, message: string, most: number): number {
  const least = new TextEncoder().encode(message + text).length / 16;
  return usage === null || usage < least ? tokensOf(message + text) : Math.min(usage, MOST_TIMES * most);
}
