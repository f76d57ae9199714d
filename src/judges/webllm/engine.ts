/**
 * The interface of WebLLM's worker, and its implementation on a chat engine: one model, one request at a time, faults
 * returned as values. The engine is a parameter, so that tests can replace WebLLM.
 */
import { at } from '../../lib/assert';
import { type WebllmFault, WebllmFaultError, webllmFault } from './fault';
import type { WebllmRecord } from './record';
import type { ReplyToken } from './verdict';

/** A model of WebLLM's own list, or one that the user added. */
export interface ListedModel extends WebllmRecord {
  /** GPU memory in bytes; null if the record does not say. */
  readonly memory: number | null;
  /** WebGPU features that the model requires. */
  readonly features: readonly string[];
  /** Size of the largest buffer binding that the model needs, in bytes. */
  readonly binding: number;
  /** Whether all its weights are in WebLLM's cache. */
  readonly stored: boolean;
}

/** A request for a reply to one user turn, decoded greedily. */
export interface CompletionRequest {
  readonly system?: string;
  readonly message: string;
  /** A GBNF grammar for the reply. */
  readonly grammar?: string;
  readonly maxTokens: number;
  /** Whether to return the reply's tokens with their log-probabilities. */
  readonly logprobs?: boolean;
}

export interface CompletionResult {
  readonly text: string;
  /** Whether the reply was cut at `maxTokens` or at the end of the context. */
  readonly cut: boolean;
  /** Empty unless `logprobs` was set. */
  readonly tokens: readonly ReplyToken[];
  readonly promptTokens: number;
}

/** WebLLM's own report: `progress` runs from 0 to 1 once for each phase, and only the text names the phase. */
export interface LoadReport {
  readonly progress: number;
  readonly text: string;
}

/** The progress of loading. */
export interface LoadPhase {
  /** A clause, such as `fetching weights, 62 MB`. */
  readonly phase: string;
  /** 0 to 1 within this phase; null if it cannot be measured. */
  readonly progress: number | null;
}

export const STARTING: LoadPhase = { phase: 'starting WebLLM, reading the library', progress: null };

/** Translates WebLLM's report. The patterns match the texts of WebLLM 0.2.86. */
export function loadPhase({ progress, text }: LoadReport): LoadPhase {
  const [, megabytes] = /: (\d+)MB (?:fetched|loaded)/.exec(text) ?? [];
  const amount = megabytes === undefined ? '' : `, ${megabytes} MB`;
  if (text.startsWith('Fetching param cache')) return { phase: `fetching weights${amount}`, progress };
  if (text.startsWith('Loading model from cache')) return { phase: `loading weights onto the GPU${amount}`, progress };
  const [, compiled, shaders] = /^Loading GPU shader modules\[(\d+)\/(\d+)\]/.exec(text) ?? [];
  if (shaders !== undefined) return { phase: `compiling shaders, ${compiled} of ${shaders}`, progress };
  if (text.startsWith('Finish loading')) return { phase: 'loaded', progress: 1 };
  return { phase: 'looking for the weights', progress: null };
}

/** Faults are returned instead of thrown, because errors lose their class between threads. */
export type Reply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & WebllmFault);

export interface WebllmWorker {
  /** Resolves while the worker is alive. */
  ping(): Promise<void>;
  /** WebLLM's own models, then the added ones. */
  list(added: readonly WebllmRecord[]): Promise<Reply<readonly ListedModel[]>>;
  /**
   * @param download whether files that are not stored may be fetched
   * @param onReport receives the progress
   */
  load(
    id: string,
    added: WebllmRecord | null,
    download: boolean,
    onReport: (report: LoadReport) => void | Promise<void>,
  ): Promise<Reply<void>>;
  complete(request: CompletionRequest): Promise<Reply<CompletionResult>>;
  /** Ends the request in flight at its next token, with the fault `interrupted`. */
  interrupt(): Promise<void>;
  /** Frees the GPU's memory. */
  unload(): Promise<Reply<void>>;
}

/** The part of `MLCEngine` that is used. */
export interface ChatEngine {
  reload(id: string): Promise<void>;
  unload(): Promise<void>;
  interruptGenerate(): Promise<void>;
  chatCompletion(request: ChatRequest): Promise<ChatReply>;
}

export interface ChatRequest {
  messages: ({ role: 'system'; content: string } | { role: 'user'; content: string })[];
  temperature: number;
  top_p: number;
  repetition_penalty: number;
  frequency_penalty: number;
  presence_penalty: number;
  max_tokens: number;
  logprobs?: boolean;
  top_logprobs?: number;
  response_format?: { type: 'grammar'; grammar: string };
  extra_body?: { enable_thinking: boolean };
}

export interface ChatReply {
  choices: {
    message: { content: string | null };
    finish_reason: string;
    logprobs: {
      content: { token: string; logprob: number; top_logprobs: { token: string; logprob: number }[] }[] | null;
    } | null;
  }[];
  usage?: { prompt_tokens: number };
}

export interface EngineParts {
  /** @param added besides WebLLM's own models */
  list(added: readonly WebllmRecord[]): Promise<readonly ListedModel[]>;
  isStored(id: string, added: WebllmRecord | null): Promise<boolean>;
  createEngine(added: WebllmRecord | null, onReport: (report: LoadReport) => void): ChatEngine;
}

/**
 * Greedy decoding with true log-probabilities. WebLLM computes them after applying the temperature, and at temperature
 * 0 they would be 0 and −∞; sampling from a nucleus of one token gives the same text. The model's own penalties would
 * change both, so they are turned off.
 */
const GREEDY = { temperature: 1, top_p: 1e-5, repetition_penalty: 1, frequency_penalty: 0, presence_penalty: 0 };
/** Alternatives per token: the most that WebLLM returns. */
const TOP = 5;
const EMPTY_THOUGHT = /^\s*<think>\s*<\/think>\s*/;

/** Models that begin every reply with a thought by default. The grammar of a verdict allows none. */
const thinksByDefault = (id: string): boolean => /^Qwen3/.test(id);

export function createWebllmWorker(parts: EngineParts): WebllmWorker {
  let loaded: { readonly id: string; readonly engine: ChatEngine } | null = null;

  const request = (id: string, { system, message, grammar, maxTokens, logprobs }: CompletionRequest): ChatRequest => ({
    ...GREEDY,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user' as const, content: message },
    ],
    max_tokens: maxTokens,
    ...(logprobs && { logprobs, top_logprobs: TOP }),
    ...(grammar !== undefined && { response_format: { type: 'grammar', grammar } }),
    ...(thinksByDefault(id) && { extra_body: { enable_thinking: false } }),
  });

  return {
    ping: async () => undefined,
    list: (added) => answer(() => parts.list(added)),
    load: (id, added, download, onReport) =>
      answer(async () => {
        await loaded?.engine.unload();
        loaded = null;
        if (!download && !(await parts.isStored(id, added))) throw new WebllmFaultError('not-stored', id);
        const reported: (void | Promise<void>)[] = [];
        const engine = parts.createEngine(added, (report) => reported.push(onReport(report)));
        try {
          await engine.reload(id);
        } finally {
          // Reports are sent on a channel of their own. Without waiting they would arrive after the answer.
          await Promise.all(reported);
        }
        loaded = { id, engine };
      }),
    complete: (options) =>
      answer(async () => {
        if (loaded === null) throw new WebllmFaultError('failed', 'it was asked before it was loaded');
        const { choices, usage } = await loaded.engine.chatCompletion(request(loaded.id, options));
        const { message, finish_reason, logprobs } = at(choices, 0);
        if (finish_reason === 'abort') throw new WebllmFaultError('interrupted', 'between two tokens');
        return {
          text: (message.content ?? '').replace(EMPTY_THOUGHT, ''),
          cut: finish_reason === 'length',
          tokens: (logprobs?.content ?? []).map(({ token, logprob, top_logprobs }) => ({
            token,
            logprob,
            top: top_logprobs,
          })),
          promptTokens: usage?.prompt_tokens ?? 0,
        };
      }),
    interrupt: async () => loaded?.engine.interruptGenerate(),
    unload: () =>
      answer(async () => {
        await loaded?.engine.unload();
        loaded = null;
      }),
  };
}

async function answer<T>(action: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await action() };
  } catch (thrown) {
    return { ok: false, ...webllmFault(thrown) };
  }
}
