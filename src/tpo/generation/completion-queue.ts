import type { Arm } from '../../recipe/recipe';
import type { Completion, GenerateRequest, Policy, Sampling } from '../policy';

/** All candidates of one prompt, written and not yet judged. */
export interface FinishedPrompt {
  readonly position: number;
  readonly completions: readonly Completion[];
  /** This prompt's share of the wall time: since the prompt that was finished before it. */
  readonly seconds: number;
}

export interface QueueHooks {
  /** A candidate has grown. */
  tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): void;
  /** A prompt that was begun is given up; it will be written again. */
  dropped(): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * The prompts of one block, written many at once by the policy and taken one by one. Generation runs ahead of whoever takes; what is
 * finished and not yet taken survives an interruption, what is half written is written again (and comes out the same).
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
   * The next finished prompt, left in the queue until `take`; null when interrupted or when nothing is left to write. `ahead`: write all
   * that is missing meanwhile, else only the first.
   * @throws LabError what the policy throws; the prompts finished before it stay in the queue
   */
  async peek(ahead: boolean): Promise<FinishedPrompt | null> {
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
      this.running ??= this.begin(ahead);
      const { abort, ended } = this.running;
      await Promise.race([woken, ended]);
      if (abort.signal.aborted && this.finished.length === 0 && !this.failure) return null;
    }
  }

  /** Removes what `peek` returned: it is stored now. */
  take(): void {
    this.finished.shift();
  }

  /** Stops writing. Resolves when the policy is idle; an error it ended with comes with the next `peek`. */
  async interrupt(): Promise<void> {
    if (!this.running) return;
    this.running.abort.abort();
    await this.running.ended;
  }

  private begin(ahead: boolean): { abort: AbortController; ended: Promise<void> } {
    const abort = new AbortController();
    const requests = [...this.missing.values()];
    const asked = ahead ? requests : requests.slice(0, 1);
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
      .generate(this.arm, asked, this.sampling, on, abort.signal)
      .then(() => {
        const left = asked.filter(({ position }) => this.missing.has(position));
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
