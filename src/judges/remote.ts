/**
 * A language model behind an OpenAI-compatible address as a judge: llama.cpp's server, Ollama, LM Studio, vLLM, OpenRouter. A server may be slow,
 * busy, wrong or hostile: every call ends in a reply, or in a sentence that says what to do.
 */
import { LabError } from '../lib/errors';
import { pause } from '../lib/pause';
import { parseRemoteAddress } from '../recipe/remote-address';
import type { JudgeModel, JudgeQuestion, JudgeReply } from './judge-model';
import { NO_ACCESS, type RemoteAccess, withoutSecrets } from './remote-access';
import { type Completion, completionOf } from './remote-answers';
import type { Budget } from './remote-budget';
import { diagnose } from './remote-diagnosis';
import { type Dialect, FULL, questionOf, simpler } from './remote-dialect';
import * as errors from './remote-errors';
import { type Answer, Cut, exchange, NoAnswer, type RemoteServer } from './remote-exchange';
import { checkModel, listOrNull } from './remote-models';
import { Interruption, lacksModel, NONSENSE_TRIES, problemOf } from './remote-problem';
import type { ReplyCache } from './reply-cache';

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
    const key = JSON.stringify([this.#address.base, model, replyTokens, question.kind, question.message]);
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const reply = await this.#patiently(question, ended);
    cache.set(key, reply);
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
    for (let failures = 1; ; failures++) {
      await pause(Math.max(0, this.#restUntil - Date.now()), signal);
      const server = await this.#server();
      try {
        if (!this.#checked) await checkModel(server, this.options.model, callMs, signal);
        this.#checked = true;
        return await this.#once(server, question, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Interruption)) throw error;
        const { failure, pauseSeconds } = error;
        const alike = (seen.get(error.tries) ?? 0) + 1;
        seen.set(error.tries, alike);
        // Calls that failed together do not come again together.
        const pauseMs =
          pauseSeconds === null
            ? Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
            : pauseSeconds * 1000 * (1 + Math.random() / 10);
        if (failures >= tries || alike >= error.tries || (pauseSeconds ?? 0) * 1000 > longestPauseMs) {
          throw failure ?? (await diagnose(server, signal, error.cause));
        }
        if (pauseSeconds !== null) this.#restUntil = Math.max(this.#restUntil, Date.now() + pauseMs);
        else await pause(pauseMs, signal);
      }
    }
  }

  /** One call, put otherwise where the server refuses how it is put. @throws Interruption, LabError */
  async #once(server: RemoteServer, question: JudgeQuestion, signal: AbortSignal): Promise<JudgeReply> {
    const { model, replyTokens, budget } = this.options;
    const { host } = server.address;
    const most = tokensOf(question.message) + replyTokens;
    for (let dialect = this.#dialect; ; ) {
      const call = await budget.take(host, most, signal);
      let answer: Answer;
      try {
        answer = await this.#exchange(server, questionOf(dialect, model, question, replyTokens), signal);
      } catch (error) {
        if (!(error instanceof NoAnswer)) {
          // It may have been computed all the same, and is charged for.
          await call.spend(most);
          throw error;
        }
        await call.giveBack();
        if (this.#reached) throw new Interruption(null, undefined, null, { cause: error.cause });
        throw await diagnose(server, signal, error.cause);
      }
      const problem = problemOf(server, answer);
      const completion = problem === null ? completionOf(answer.body) : null;
      await (problem !== null && answer.status >= 300
        ? call.giveBack()
        : call.spend(completion === null ? most : tokensUsed(completion, question.message, replyTokens)));
      if (problem === null) {
        if (completion === null) throw new Interruption(errors.unexpected(host, 'it holds no reply'), NONSENSE_TRIES);
        this.#reached = true;
        this.#dialect = dialect;
        this.#understood.set(question.kind, dialect);
        return this.#reply(completion, server.access);
      }
      const next =
        this.#understood.get(question.kind) === dialect ? null : simpler(dialect, question.kind, problem.status, problem.said);
      if (next !== null) {
        dialect = next;
        continue;
      }
      if (lacksModel(problem)) {
        const offered = await listOrNull(server, signal);
        if (offered !== null || problem.status !== 404) throw errors.noModel(host, model, offered);
      }
      throw problem.error;
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

/** About: a server's own count is not known before. */
const tokensOf = (text: string): number => 16 + Math.ceil(new TextEncoder().encode(text).length / 4);

/** What a server says where it can be so; else an estimate. */
function tokensUsed({ usage, text }: Completion, message: string, replyTokens: number): number {
  const bytes = new TextEncoder().encode(message + text).length;
  const possible = usage !== null && usage >= bytes / 16 && usage <= bytes + replyTokens + 512;
  return possible ? usage : tokensOf(message + text);
}
