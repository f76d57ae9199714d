/**
 * A language model in WebLLM that is asked for verdicts. It is loaded for the first question, and again after it was
 * released or failed. If its GPU device or its worker is lost, it is loaded again and the question is asked once more;
 * a second loss is a failure.
 */
import { LabError } from '../../lib/errors';
import type { JudgeModel, JudgeQuestion, JudgeReply } from '../language/judge-model';
import { type LoadPhase, loadPhase, STARTING } from './engine';
import { WebllmError, webllmError } from './fault';
import { needsF16 } from './record';
import { type WebllmOptions, WebllmSession, type WebllmSource } from './session';
import { GRAMMARS, VERDICT_TOKENS, verdictLogps } from './verdict';

export interface WebllmModelOptions extends WebllmOptions {
  readonly source: WebllmSource;
  /** WebGPU features of the adapter. */
  readonly features: readonly string[];
  /** Called while the model loads; with null when loading has ended. */
  readonly onProgress?: (phase: LoadPhase | null) => void;
}

/** Replaces the model's own, longer system prompt. The task itself is in the user's turn. */
const SYSTEM = 'You are a careful judge.';

/** Starts nothing yet. Never downloads: a model that is not stored is an error when it is asked. */
export function openWebllmModel(options: WebllmModelOptions): JudgeModel {
  return new WebllmModel(options);
}

class WebllmModel implements JudgeModel {
  /** An engine answers one request at a time. */
  readonly concurrency = 1;
  readonly name: string;
  private readonly session: WebllmSession;
  private loaded = false;
  private closed = false;
  /** The last call. Calls run one after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: WebllmModelOptions) {
    this.name = `webllm ${options.source.id}`;
    this.session = new WebllmSession(options.source.id, options);
  }

  /** @param signal rejects the call at once. The next call waits until the model has stopped working on this one */
  ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
    const reply = this.inTurn(() =>
      this.answer(question, signal).catch((error: unknown) => {
        if (!isLost(error)) throw error;
        return this.answer(question, signal);
      }),
    );
    return signal === undefined ? reply : this.orAborted(reply, signal);
  }

  /** Frees the memory after the calls that are waiting. */
  release(): Promise<void> {
    return this.inTurn(async () => {
      this.loaded = false;
      await this.session.release();
    });
  }

  dispose(): void {
    this.closed = true;
    this.session.stop('was closed');
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.then(action);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async answer(question: JudgeQuestion, signal: AbortSignal | undefined): Promise<JudgeReply> {
    if (this.closed) throw new LabError('judge-failed', `${this.name} was closed.`, 'Open it again.');
    if (signal?.aborted) throw this.interrupted();
    await this.load();
    try {
      return await this.complete(question, signal);
    } catch (error) {
      // A question that is too long would be too long again: the reply has no verdict and says why.
      if (error instanceof WebllmError && error.fault === 'too-long') return { text: `(not asked) ${error.message}` };
      throw error;
    }
  }

  private async load(): Promise<void> {
    if (this.loaded && this.session.alive) return;
    this.loaded = false;
    const { source, features, onProgress } = this.options;
    if (needsF16(source.id) && !features.includes('shader-f16')) {
      throw webllmError({ fault: 'no-f16', detail: '' }, source.id);
    }
    onProgress?.(STARTING);
    try {
      await this.session.load(source, false, (report) => onProgress?.(loadPhase(report)));
      this.loaded = true;
    } finally {
      onProgress?.(null);
    }
  }

  private async complete({ kind, message }: JudgeQuestion, signal: AbortSignal | undefined): Promise<JudgeReply> {
    const { text, cut, tokens } = await this.session.complete(
      { system: SYSTEM, message, grammar: GRAMMARS[kind], maxTokens: VERDICT_TOKENS, logprobs: kind === 'comparison' },
      signal,
    );
    // Decoding is greedy, so the reply would be cut again. The text may still contain a complete verdict.
    if (cut) return { text: `${text} (cut: the reply was not finished)` };
    const logps = verdictLogps(tokens);
    return { text, ...(logps && { logps }) };
  }

  private async orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(this.interrupted());
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await Promise.race([result, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private interrupted = () => webllmError({ fault: 'interrupted', detail: '' }, this.options.source.id);
}

const isLost = (error: unknown): boolean =>
  error instanceof WebllmError && (error.fault === 'device-lost' || error.fault === 'worker-lost');
