import type { Judge } from '../judges/judge';
import { assert } from '../lib/assert';
import { at } from '../lib/at';
import type { Arm, Recipe } from '../recipe/recipe';
import { thoughtPrompt } from '../recipe/thought-prompts';
import type { LiveCandidates } from '../worker/protocol';
import { toCandidate } from './candidate';
import { CompletionQueue } from './completion-queue';
import { type Judging, judgePrompt } from './judge-prompt';
import { LiveView } from './live-view';
import { PairDecider } from './pair-decider';
import type { Completion, Policy } from './policy';
import { type EncodedPrompt, longestCompletion } from './run-prompts';
import { samplingStream } from './streams';
import type { Candidate, Prompt, Purpose, Rollout } from './types';

export interface BlockHooks {
  /** So many tokens more have been written. */
  tokens(count: number): void;
  live(live: readonly LiveCandidates[]): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** A block of prompts on its way to rollouts: those of an iteration to train on, the warm-up's, or the held-out ones. */
export class PromptBlock {
  readonly rollouts: (Rollout | undefined)[];
  private readonly queue: CompletionQueue;
  private readonly live: LiveView;
  private readonly decider: PairDecider | null;
  private readonly judging: Judging;
  private readonly k: number;
  private done: number;
  private readonly now: () => number;

  constructor(
    private readonly place: { readonly purpose: Purpose; readonly iteration: number; readonly arm: Arm },
    private readonly prompts: readonly EncodedPrompt[],
    stored: readonly Rollout[],
    recipe: Recipe,
    policy: Policy,
    judge: Judge,
    hooks: BlockHooks,
  ) {
    const { purpose, iteration, arm } = place;
    const k = purpose === 'evaluate' ? recipe.evaluationSamples : recipe.k;
    this.k = k;
    this.now = hooks.now;
    this.rollouts = prompts.map(() => undefined);
    for (const rollout of stored) this.rollouts[rollout.position] = rollout;
    this.done = stored.length;
    this.decider = purpose === 'train' ? new PairDecider(prompts.length, recipe.malformedShare) : null;
    const format = thoughtPrompt(arm, recipe);
    const decode = (tokens: readonly number[]) => policy.decode(tokens);
    this.judging = { judge, format, rho: recipe.rho, decode };
    this.live = new LiveView(
      { ...place, k, decode, format, prompt: (position) => at(prompts, position).prompt },
      hooks.live,
      hooks.now,
    );
    const requests = prompts.flatMap(({ tokens }, position) =>
      this.rollouts[position]
        ? []
        : [{ position, promptTokens: tokens, k, stream: samplingStream(purpose, arm, iteration, position) }],
    );
    const { temperature, topP, topK, seed } = recipe;
    const sampling = { temperature, topP, topK, seed, maxNewTokens: longestCompletion(recipe, arm) };
    this.queue = new CompletionQueue(policy, arm, requests, sampling, {
      tokens: (position, candidate, tokens, done) => hooks.tokens(this.live.tokens(position, candidate, tokens, done)),
      dropped: () => this.live.clear(),
      now: hooks.now,
    });
  }
  /** Prompts still to be done. */
  get left(): number {
    return this.size - this.done;
  }

  get size(): number {
    return this.rollouts.length;
  }

  /** Every rollout, once none is left to be done. */
  all(): readonly Rollout[] {
    assert(this.left === 0, `${this.left} prompts are not done`);
    return this.rollouts.flatMap((rollout) => rollout ?? []);
  }

  /** Prompts as far as they are written and not done, in whole prompts of `expected` tokens a completion. */
  partial(expected: number): number {
    return this.live.tokensInFlight / Math.max(1, expected * this.k);
  }

  /** Rollouts that were stored before their pair could be decided, decided now. */
  settle(): Rollout[] {
    const before = [...this.rollouts];
    return this.decide().filter(({ position }) => before[position]?.pair === null);
  }

  /**
   * One more prompt written, judged and parsed: the rollouts to be stored (its own, and those whose pair is decided by its coming); null
   * when interrupted. `ahead`: other prompts are written meanwhile.
   * @throws LabError judge-failed (the prompt stays first in the queue: to call again is to try again), and what the policy throws
   */
  async next(ahead: boolean, onJudge: () => void): Promise<readonly Rollout[] | null> {
    const finished = await this.queue.peek(ahead);
    if (!finished) return null;
    onJudge();
    const { position, completions, seconds } = finished;
    const { prompt, tokens } = at(this.prompts, position);
    const begun = this.now();
    const candidates = await this.candidates(prompt, completions);
    const judgeSeconds = (this.now() - begun) / 1000;
    const rollout: Rollout = {
      ...this.place,
      position,
      prompt,
      promptTokens: tokens,
      candidates,
      pair: null,
      seconds: { generate: seconds, judge: judgeSeconds },
    };
    this.rollouts[position] = rollout;
    this.done++;
    this.live.finish(position);
    this.queue.take();
    const decided = this.decide();
    return decided.some((other) => other.position === position) ? decided : [rollout, ...decided];
  }

  interrupt(): Promise<void> {
    return this.queue.interrupt();
  }

  private async candidates(prompt: Prompt, completions: readonly Completion[]): Promise<readonly Candidate[]> {
    const { format, decode } = this.judging;
    if (this.place.purpose !== 'warm-up') return judgePrompt(prompt, completions, this.judging);
    return completions.map((completion, i) => toCandidate(i, completion, format, decode));
  }

  private decide(): Rollout[] {
    const decided = this.decider?.decide(this.rollouts) ?? [];
    for (const rollout of decided) this.rollouts[rollout.position] = rollout;
    return decided;
  }
}
