/** WebLLM's engine as the judge's worker drives it: one model, one request at a time, faults returned as values. */
import { at } from '../../lib/at';
import { type WebllmFault, WebllmFaultError, webllmFault } from './fault';
import type { ReplyToken } from './verdict';

/** Where a model lies, as WebLLM's records say it. */
export interface WebllmRecord {
  readonly id: string;
  /** Address of the folder of the weights; WebLLM adds `resolve/main/` where there is no `resolve/`. */
  readonly model: string;
  /** Address of the compiled kernels. */
  readonly modelLib: string;
}

/** One of WebLLM's own list, or one that was added to it. */
export interface ListedModel extends WebllmRecord {
  /** On the GPU, in bytes; null where nobody says. */
  readonly memory: number | null;
  /** Of WebGPU, that it cannot do without. */
  readonly features: readonly string[];
  /** Largest binding that it needs, in bytes. */
  readonly binding: number;
  /** Its weights lie in WebLLM's cache, all of them. */
  readonly stored: boolean;
}

/** As WebLLM names its models: `…-q4f16_1-MLC` computes in 16 bits, whether its record says so or not. */
export const needsF16 = (id: string): boolean => /-q\df16/.test(id);

/** A request of one turn, greedy. */
export interface Completion {
  readonly system?: string;
  readonly message: string;
  /** GBNF that the reply is held to. */
  readonly grammar?: string;
  readonly maxTokens: number;
  /** Whether the reply's tokens come with their probabilities. */
  readonly logprobs?: boolean;
}

export interface Completed {
  readonly text: string;
  /** Cut by `maxTokens` or by the context. */
  readonly cut: boolean;
  /** Empty unless asked for. */
  readonly tokens: readonly ReplyToken[];
  readonly promptTokens: number;
}

/** As WebLLM tells it: runs from 0 to 1 once for each phase, which only the text names. */
export interface LoadReport {
  readonly progress: number;
  readonly text: string;
}

/** Errors lose their class between threads, so faults are returned. */
export type Reply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & WebllmFault);

export interface WebllmWorker {
  /** Answers as long as it lives. */
  ping(): Promise<void>;
  /** WebLLM's own list, then the added ones. */
  list(added: readonly WebllmRecord[]): Promise<Reply<readonly ListedModel[]>>;
  /**
   * @param fetching whether what is not stored may be fetched
   * @param onReport told how far it is
   */
  load(
    id: string,
    added: WebllmRecord | null,
    fetching: boolean,
    onReport: (report: LoadReport) => void | Promise<void>,
  ): Promise<Reply<void>>;
  complete(completion: Completion): Promise<Reply<Completed>>;
  /** Takes effect between two tokens of the request that runs; it then ends as `interrupted`. */
  interrupt(): Promise<void>;
  /** Gives back the GPU's memory. */
  unload(): Promise<Reply<void>>;
}

/** What is used of `MLCEngine`. */
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
 * Greedy with true log-probabilities: they are taken after the temperature, and at 0 the first would be 0 and all others −∞. A nucleus
 * of one token writes the same text. A model's own penalties would bend both.
 */
const GREEDY = { temperature: 1, top_p: 1e-5, repetition_penalty: 1, frequency_penalty: 0, presence_penalty: 0 };
/** As many as WebLLM tells. */
const TOP = 5;
const EMPTY_THOUGHT = /^\s*<think>\s*<\/think>\s*/;

/** These begin every answer with a thought unless they are told not to; a verdict has no place for one. */
const thinksUnasked = (id: string): boolean => /^Qwen3/.test(id);

export function createWebllmWorker(parts: EngineParts): WebllmWorker {
  let loaded: { readonly id: string; readonly engine: ChatEngine } | null = null;

  const request = (id: string, { system, message, grammar, maxTokens, logprobs }: Completion): ChatRequest => ({
    ...GREEDY,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user' as const, content: message },
    ],
    max_tokens: maxTokens,
    ...(logprobs && { logprobs, top_logprobs: TOP }),
    ...(grammar !== undefined && { response_format: { type: 'grammar', grammar } }),
    ...(thinksUnasked(id) && { extra_body: { enable_thinking: false } }),
  });

  return {
    ping: async () => undefined,
    list: (added) => answer(() => parts.list(added)),
    load: (id, added, fetching, onReport) =>
      answer(async () => {
        await loaded?.engine.unload();
        loaded = null;
        if (!fetching && !(await parts.isStored(id, added))) throw new WebllmFaultError('not-stored', id);
        const told: (void | Promise<void>)[] = [];
        const engine = parts.createEngine(added, (report) => told.push(onReport(report)));
        try {
          await engine.reload(id);
        } finally {
          // They travel on a channel of their own, and would come after the answer.
          await Promise.all(told);
        }
        loaded = { id, engine };
      }),
    complete: (completion) =>
      answer(async () => {
        if (loaded === null) throw new WebllmFaultError('failed', 'it was asked before it was loaded');
        const { choices, usage } = await loaded.engine.chatCompletion(request(loaded.id, completion));
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
