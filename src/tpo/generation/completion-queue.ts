import type { Completion, GenerateRequest, Sampling } from '../../model/generation/request';
import type { Arm } from '../../recipe/recipe';
import type { Policy } from '../policy';

/** All completions of one prompt, generated and not yet taken from the queue. */
export interface FinishedPrompt {
  readonly position: number;
  readonly completions: readonly Completion[];
  /** The prompt's share of the wall time: the time since the prompt finished before it. */
  readonly seconds: number;
}

export interface QueueHooks {
  /** Called when a candidate has grown. */
  tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): void;
  /** Called when half-generated prompts are dropped. They will be generated again. */
  dropped(): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * Generates the completions of a batch of prompts, many prompts at once, and hands them out prompt by prompt.
 * Generation runs ahead of the consumer. A finished prompt survives an interruption until it is taken; a
 * half-generated one is generated again, with the same result.
 */
export class CompletionQueue {
  private readonly missing: Map<number, GenerateRequest>;
  private readonly finished: FinishedPrompt[] = [];
  private running: { readonly abort: AbortController; readonly ended: Promise<void> } | null = null;
  private failure: { readonly error: unknown } | null = null;
  private wake: () => void = () => {};

  constructor(
    private readonly policy: Policy,
    private readonly arm: Arm,
    requests: readonly GenerateRequest[],
    private readonly sampling: Sampling,
    private readonly hooks: QueueHooks,
  ) {
    this.missing = new Map(requests.map((request) => [request.position, request]));
  }

  /**
   * The next finished prompt. It stays in the queue until `take`. Null if interrupted, or if nothing is left to
   * generate.
   * @param generateAhead whether to generate all missing prompts, or only the first
   * @throws LabError what the policy throws; prompts finished before that stay in the queue
   */
  async peek(generateAhead: boolean): Promise<FinishedPrompt | null> {
    for (;;) {
      const [first] = this.finished;
      if (first) return first;
      if (this.failure) {
        const { error } = this.failure;
        this.failure = null;
        throw error;
      }
      if (this.missing.size === 0) return null;
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.running ??= this.begin(generateAhead);
      const { abort, ended } = this.running;
      await Promise.race([woken, ended]);
      if (abort.signal.aborted && this.finished.length === 0 && !this.failure) return null;
    }
  }

  /** Removes the prompt that `peek` returned. */
  take(): void {
    this.finished.shift();
  }

  /** Stops generation. Resolves when the policy is idle. If it ended with an error, the next `peek` throws it. */
  async interrupt(): Promise<void> {
    if (!this.running) return;
    this.running.abort.abort();
    await this.running.ended;
  }

  private begin(generateAhead: boolean): { abort: AbortController; ended: Promise<void> } {
    const abort = new AbortController();
    const requests = [...this.missing.values()];
    const submitted = generateAhead ? requests : requests.slice(0, 1);
    let since = this.hooks.now();
    const on = {
      tokens: this.hooks.tokens,
      prompt: (position: number, completions: readonly Completion[]) => {
        if (!this.missing.delete(position)) return;
        const now = this.hooks.now();
        this.finished.push({ position, completions, seconds: (now - since) / 1000 });
        since = now;
        this.wake();
      },
    };
    const ended = this.policy
      .generate(this.arm, submitted, this.sampling, on, abort.signal)
      .then(() => {
        const left = submitted.filter(({ position }) => this.missing.has(position));
        if (left.length > 0 && !abort.signal.aborted) {
          throw new Error(`generation ended without prompts ${left.map(({ position }) => position).join(', ')}`);
        }
        if (left.length > 0) this.hooks.dropped();
      })
      .catch((error: unknown) => {
        this.failure = { error };
        this.hooks.dropped();
      })
      .finally(() => {
        this.running = null;
      });
    return { abort, ended };
  }
}
