/** Requests for completions, and their state while they are generated. */

export interface GenerateRequest {
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly k: number;
  /** Random stream of this prompt. Each draw depends only on (seed, stream, candidate, token position). */
  readonly stream: number;
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 turns top-k off. */
  readonly topK: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface Completion {
  /** Includes the end-of-turn token if `ended`. */
  readonly tokens: readonly number[];
  readonly ended: boolean;
}

export interface GenerationCounts {
  readonly prefill: number;
  readonly decoded: number;
  readonly seconds: number;
}

export interface GenerationEvents {
  /** A candidate has new tokens. `tokens` are all of its tokens so far. */
  tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): void;
  prompt(position: number, completions: readonly Completion[], counts: GenerationCounts): void;
}

/** A request whose prompt has rows in the cache. */
export interface OpenPrompt {
  readonly request: GenerateRequest;
  /** Index of the prompt's rows in the cache. */
  readonly slot: number;
  /** Most tokens of a completion. */
  readonly limit: number;
  readonly completions: (Completion | undefined)[];
  /** Number of rows whose prefill has been submitted. Candidates can start when it is that of the whole prompt. */
  filled: number;
  /** Number of candidates that have started, and that have not ended. */
  started: number;
  left: number;
}

/** The last token of a prompt is no row of the prefill: it is the first row of each candidate. */
export function prefillRows({ promptTokens }: GenerateRequest): number {
  return promptTokens.length - 1;
}
