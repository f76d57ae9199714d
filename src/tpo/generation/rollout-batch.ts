import type { OpenJudge } from '../../judges/judge';
import { assert } from '../../lib/assert';
import { at } from '../../lib/at';
import type { Arm, Recipe } from '../../recipe/recipe';
import { thoughtPrompt } from '../../recipe/thought-prompts';
import type { Candidate, LiveCandidates, Purpose, Rollout } from '../../records/candidates';
import type { StoredJudgement } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import type { Vote } from '../../records/votes';
import { emptyJudgement, isCorrect, judgePrompt, testOnPrompt } from '../judging/judge-prompt';
import { isOnBallot } from '../judging/votes';
import { PairDecider } from '../pairs/pair-decider';
import type { Completion, Policy } from '../policy';
import { toCandidate } from './candidate';
import { CompletionQueue } from './completion-queue';
import { LiveView } from './live-view';
import { type EncodedPrompt, longestCompletion } from './run-prompts';
import { samplingStream } from './streams';

export interface BlockHooks {
  /** So many tokens more have been written. */
  tokens(count: number): void;
  live(live: readonly LiveCandidates[]): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** What a unit came to. */
export interface BlockProgress {
  /** To be stored: the prompt's own, and those whose pair is decided by its coming. */
  readonly rollouts: readonly Rollout[];
  /** The one that was written in this unit. */
  readonly written: Rollout | null;
  /** A prompt more is done. */
  readonly done: boolean;
}

const COMPARES = 'compared with other policies';

export type Votes = ReadonlyMap<number, Vote>;

/**
 * A block of prompts on its way to rollouts: those of an iteration to train on, the warm-up's, or the held-out ones. A judge that can be
 * asked at once is asked as each prompt is written. One that needs the policy idle, or a person, comes when all are: until then what is
 * written is stored without a judgement.
 */
export class PromptBlock {
  readonly rollouts: (Rollout | undefined)[];
  private readonly queue: CompletionQueue;
  private readonly live: LiveView;
  private readonly decider: PairDecider | null;
  private readonly parse: (prompt: Prompt, completions: readonly Completion[]) => Candidate[];
  private readonly k: number;
  private readonly now: () => number;
  private readonly rho: number;

  constructor(
    private readonly place: { readonly purpose: Purpose; readonly iteration: number; readonly arm: Arm },
    private readonly prompts: readonly EncodedPrompt[],
    stored: readonly Rollout[],
    recipe: Recipe,
    policy: Policy,
    /** null: what is written is not judged. */
    private readonly judge: OpenJudge | null,
    /** Positions whose judge also meets control rows. */
    private readonly controls: ReadonlySet<number>,
    hooks: BlockHooks,
  ) {
    const { purpose, iteration, arm } = place;
    const k = purpose === 'evaluate' ? recipe.evaluationSamples : recipe.k;
    this.k = k;
    this.now = hooks.now;
    this.rho = recipe.rho;
    this.rollouts = prompts.map(() => undefined);
    for (const rollout of stored) this.rollouts[rollout.position] = rollout;
    this.decider = purpose === 'train' ? new PairDecider(prompts.length, recipe.malformedShare) : null;
    const format = thoughtPrompt(arm, recipe);
    const decode = (tokens: readonly number[]) => policy.decode(tokens);
    this.parse = (prompt, completions) =>
      completions.map((completion, i) => {
        const candidate = toCandidate(i, completion, format, decode);
        return judge === null ? candidate : { ...candidate, correct: isCorrect(prompt, candidate) };
      });
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

  get size(): number {
    return this.rollouts.length;
  }

  /** Prompts still to be done: written and judged. */
  get left(): number {
    return this.rollouts.filter((rollout) => rollout === undefined || this.waitsForJudge(rollout)).length;
  }

  /** Prompts still to be written. */
  get unwritten(): number {
    return this.rollouts.filter((rollout) => rollout === undefined).length;
  }

  /** Every rollout, once none is left to be done. */
  all(): readonly Rollout[] {
    assert(this.left === 0, `${this.left} prompts are not done`);
    return this.rollouts.flatMap((rollout) => rollout ?? []);
  }

  /** By one that knows more of the same prompt. */
  replace(rollout: Rollout): void {
    this.rollouts[rollout.position] = rollout;
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

  /** Written prompts that a person has to look at. */
  ballots(): Rollout[] {
    if (this.judge?.pace !== 'patient') return [];
    return this.rollouts.flatMap((rollout) => (rollout && isOnBallot(rollout) ? [rollout] : []));
  }

  /** Whether nothing can be done before a person has voted: a vote can be taken back as long as one is missing. */
  waits(votes: Votes): boolean {
    return this.unwritten === 0 && this.ballots().some(({ position }) => !votes.has(position));
  }

  /**
   * One prompt further: written and judged, or one of the two where its judge has to wait. null when interrupted. `ahead`: other
   * prompts are written meanwhile.
   * @throws LabError judge-failed (to call again is to try again), and what the policy throws
   */
  async next(ahead: boolean, votes: Votes, onJudge: () => void): Promise<BlockProgress | null> {
    const waiting = this.rollouts.find((rollout) => rollout && this.waitsForJudge(rollout));
    if (waiting && (this.atOnce || this.unwritten === 0)) {
      // Its last prompt is written, but the policy may not have come to rest.
      if (!this.atOnce) await this.queue.interrupt();
      onJudge();
      return this.stored(await this.judged(waiting, votes.get(waiting.position)), null);
    }
    const finished = await this.queue.peek(ahead);
    if (!finished) return null;
    const { position, completions, seconds } = finished;
    const { prompt, tokens } = at(this.prompts, position);
    const written: Rollout = {
      ...this.place,
      position,
      prompt,
      promptTokens: tokens,
      candidates: this.parse(prompt, completions),
      pair: null,
      judgement: this.controls.has(position) ? null : this.unasked,
      comparisons: [],
      seconds: { generate: seconds, judge: 0 },
    };
    const judge = this.atOnce && this.waitsForJudge(written);
    if (judge) onJudge();
    const rollout = judge ? await this.judged(written) : written;
    this.live.finish(position);
    this.queue.take();
    return this.stored(rollout, rollout);
  }

  interrupt(): Promise<void> {
    return this.queue.interrupt();
  }

  /** Samples of a held-out prompt are no candidates: a judge whose scores are relative compares them with another policy's instead. */
  private get unasked(): StoredJudgement | null {
    return this.comparing ? emptyJudgement(this.comparing, COMPARES) : null;
  }

  /** The judge, where it is shown no sample alone. */
  private get comparing(): OpenJudge | null {
    const { judge, place } = this;
    return judge?.relative && place.purpose === 'evaluate' ? judge : null;
  }

  private get atOnce(): boolean {
    return (this.judge?.pace ?? 'at-once') === 'at-once';
  }

  private waitsForJudge(rollout: Rollout): boolean {
    return this.judge !== null && rollout.judgement === null;
  }

  private async judged(rollout: Rollout, vote?: Vote): Promise<Rollout> {
    const { judge, rho } = this;
    assert(judge !== null, 'nobody judges this block');
    const { prompt, position, candidates, seconds } = rollout;
    const begun = this.now();
    const judged = this.comparing
      ? { judgement: await testOnPrompt(judge, { prompt, candidates }, COMPARES) }
      : await judgePrompt(judge, { prompt, candidates, rho, controls: this.controls.has(position), vote });
    return { ...rollout, ...judged, seconds: { ...seconds, judge: (this.now() - begun) / 1000 } };
  }

  private stored(rollout: Rollout, written: Rollout | null): BlockProgress {
    this.rollouts[rollout.position] = rollout;
    const decided = this.decide();
    const rollouts = decided.some(({ position }) => position === rollout.position) ? decided : [rollout, ...decided];
    return { rollouts, written, done: !this.waitsForJudge(rollout) };
  }

  private decide(): Rollout[] {
    const decided = this.decider?.decide(this.rollouts) ?? [];
    for (const rollout of decided) this.rollouts[rollout.position] = rollout;
    return decided;
  }
}
