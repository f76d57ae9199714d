/**
 * A model of WebLLM that is asked for verdicts. Loaded when it is first asked, and again after it was released or failed. Where its device
 * or its worker is lost it is loaded anew and asked once more; only a second loss, at once, is a failure.
 */
import { LabError } from '../../lib/errors';
import type { JudgeModel, JudgeQuestion, JudgeReply } from '../language/judge-model';
import { needsF16 } from './engine';
import { WebllmError, webllmError } from './fault';
import { type LoadPhase, loadPhase, STARTING } from './phase';
import { type WebllmOptions, WebllmSession, type WebllmSource } from './session';
import { GRAMMARS, VERDICT_TOKENS, verdictLogps } from './verdict';

export interface WebllmModelOptions extends WebllmOptions {
  readonly source: WebllmSource;
  /** Of the adapter: features of WebGPU. */
  readonly features: readonly string[];
  /** Told while it loads, null when it has ended. */
  readonly onProgress?: (phase: LoadPhase | null) => void;
}

/** Instead of the model's own, which is longer; what it is to do is said in the user's turn. */
const SYSTEM = 'You are a careful judge.';

/** Nothing is started yet, and nothing is ever fetched: what is not stored is refused. */
export function openWebllmModel(options: WebllmModelOptions): JudgeModel {
  return new WebllmModel(options);
}

class WebllmModel implements JudgeModel {
  /** Requests to one engine would queue in any case. */
  readonly concurrency = 1;
  readonly name: string;
  readonly #options: WebllmModelOptions;
  readonly #session: WebllmSession;
  #loaded = false;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: WebllmModelOptions) {
    this.#options = options;
    this.name = `webllm ${options.source.id}`;
    this.#session = new WebllmSession(options.source.id, options);
  }

  /** One after the other. The signal rejects the call at once; the next one waits until the model has let go of it. */
  ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
    const reply = this.#inTurn(() =>
      this.#answer(question, signal).catch((error: unknown) => {
        if (!isLost(error)) throw error;
        return this.#answer(question, signal);
      }),
    );
    return signal === undefined ? reply : this.#orAborted(reply, signal);
  }

  /** Behind the calls that wait. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      this.#loaded = false;
      await this.#session.release();
    });
  }

  /** Calls in flight and calls that wait reject. */
  dispose(): void {
    this.#closed = true;
    this.#session.stop('was closed');
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #answer(question: JudgeQuestion, signal: AbortSignal | undefined): Promise<JudgeReply> {
    if (this.#closed) throw new LabError('judge-failed', `${this.name} was closed.`, 'Open it again.');
    if (signal?.aborted) throw this.#interrupted();
    await this.#load();
    try {
      return await this.#reply(question, signal);
    } catch (error) {
      // Asked again it would be as long: it counts for nobody, and the reader sees why.
      if (error instanceof WebllmError && error.fault === 'too-long') return { text: `(not asked) ${error.message}` };
      throw error;
    }
  }

  async #load(): Promise<void> {
    if (this.#loaded && this.#session.alive) return;
    this.#loaded = false;
    const { source, features, onProgress } = this.#options;
    if (needsF16(source.id) && !features.includes('shader-f16'))
      throw webllmError({ fault: 'no-f16', detail: '' }, source.id);
    onProgress?.(STARTING);
    try {
      await this.#session.load(source, false, (report) => onProgress?.(loadPhase(report)));
      this.#loaded = true;
    } finally {
      onProgress?.(null);
    }
  }

  async #reply({ kind, message }: JudgeQuestion, signal: AbortSignal | undefined): Promise<JudgeReply> {
    const { text, cut, tokens } = await this.#session.complete(
      { system: SYSTEM, message, grammar: GRAMMARS[kind], maxTokens: VERDICT_TOKENS, logprobs: kind === 'comparison' },
      signal,
    );
    // Greedy as it is, it would be cut again: what came may still be whole.
    if (cut) return { text: `${text} (cut: it came to no end)` };
    const logps = verdictLogps(tokens);
    return { text, ...(logps && { logps }) };
  }

  async #orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(this.#interrupted());
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await Promise.race([result, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #interrupted = () => webllmError({ fault: 'interrupted', detail: '' }, this.#options.source.id);
}

const isLost = (error: unknown): boolean =>
  error instanceof WebllmError && (error.fault === 'device-lost' || error.fault === 'worker-lost');
