import type { OpenJudge } from '../../judges/judge';
import { assert, at } from '../../lib/assert';
import type { Completion } from '../../model/generation/request';
import type { Recipe } from '../../recipe/recipe';
import { thoughtPrompt } from '../../recipe/thought-prompts';
import type { ArmIteration, Candidate, LiveCandidates, Purpose, Rollout } from '../../records/candidates';
import type { StoredJudgement, Vote } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import { emptyJudgement, isCorrect, judgeCandidates, judgeControlRows } from '../judging/judge-candidates';
import { isOnBallot, type Votes } from '../judging/votes';
import { PairDecider } from '../pairs/decide-pairs';
import type { Policy } from '../policy';
import { toCandidate } from './candidate';
import { CompletionQueue } from './completion-queue';
import { LiveView } from './live-view';
import { type EncodedPrompt, longestCompletion, samplingStream } from './run-prompts';

export interface RolloutBatchParts {
  /** The arm iteration that the rollouts belong to, and what they are for. */
  readonly place: ArmIteration & { readonly purpose: Purpose };
  readonly prompts: readonly EncodedPrompt[];
  /** The rollouts of this batch that an earlier session has stored. */
  readonly stored: readonly Rollout[];
  readonly recipe: Recipe;
  readonly policy: Policy;
  /** Null if the candidates are not judged. */
  readonly judge: OpenJudge | null;
  /** Positions of the prompts on which the judge is also tested with control rows. */
  readonly controls: ReadonlySet<number>;
  /** Called when candidates have grown. @param count number of new tokens */
  tokens(count: number): void;
  live(live: readonly LiveCandidates[]): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

const COMPARES = 'compared with other policies';

/**
 * The prompts of one purpose of an arm iteration, on their way to rollouts. A judge with the pace `at-once` is asked
 * as each prompt is generated. A judge that needs the policy idle, or a person, is asked when all prompts are
 * generated; until then their rollouts are stored without a judgement.
 */
export class RolloutBatch {
  /** By position; undefined where the prompt is not generated yet. */
  readonly rollouts: (Rollout | undefined)[];
  private readonly queue: CompletionQueue;
  private readonly live: LiveView;
  private readonly decider: PairDecider | null;
  private readonly parse: (prompt: Prompt, completions: readonly Completion[]) => Candidate[];
  private readonly k: number;

  constructor(private readonly parts: RolloutBatchParts) {
    const { place, prompts, stored, recipe, policy, judge } = parts;
    const { purpose, iteration, arm } = place;
    const k = purpose === 'evaluate' ? recipe.evaluationSamples : recipe.k;
    this.k = k;
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
      (live) => parts.live(live),
      () => parts.now(),
    );
    const requests = prompts.flatMap(({ tokens }, position) =>
      this.rollouts[position]
        ? []
        : [{ position, promptTokens: tokens, k, stream: samplingStream(purpose, arm, iteration, position) }],
    );
    const { temperature, topP, topK, seed } = recipe;
    const sampling = { temperature, topP, topK, seed, maxNewTokens: longestCompletion(recipe, arm) };
    this.queue = new CompletionQueue(policy, arm, requests, sampling, {
      tokens: (position, candidate, tokens, done) => parts.tokens(this.live.tokens(position, candidate, tokens, done)),
      dropped: () => this.live.clear(),
      now: () => parts.now(),
    });
  }

  get purpose(): Purpose {
    return this.parts.place.purpose;
  }

  /** The number of prompts. */
  get size(): number {
    return this.rollouts.length;
  }

  /** The number of prompts that are still to be generated. */
  get ungenerated(): number {
    return this.rollouts.filter((rollout) => rollout === undefined).length;
  }

  /** The number of prompts that are still to be generated or judged. */
  get unfinished(): number {
    return this.rollouts.filter((rollout) => rollout === undefined || this.needsJudge(rollout)).length;
  }

  /** Every rollout. All prompts must be finished. */
  all(): readonly Rollout[] {
    assert(this.unfinished === 0, `${this.unfinished} prompts are not finished`);
    return this.generated();
  }

  /** The rollouts so far, judged or not. */
  generated(): readonly Rollout[] {
    return this.rollouts.flatMap((rollout) => rollout ?? []);
  }

  /** Puts a rollout in place of an earlier version of it. */
  replace(rollout: Rollout): void {
    this.rollouts[rollout.position] = rollout;
  }

  /**
   * The tokens of half-generated prompts, expressed as a (fractional) number of whole prompts.
   * @param expected tokens of an average completion
   */
  partlyGenerated(expected: number): number {
    return this.live.tokensInFlight / Math.max(1, expected * this.k);
  }

  /** Decides the pairs that an earlier session could not decide any more. Returns their rollouts, to be stored. */
  decideRestored(): Rollout[] {
    const before = [...this.rollouts];
    return this.decide().filter(({ position }) => before[position]?.pair === null);
  }

  /** The generated prompts that a person has to vote on; empty if the judge is not a person. */
  ballots(): Rollout[] {
    if (this.parts.judge?.pace !== 'patient') return [];
    return this.generated().filter(isOnBallot);
  }

  /**
   * Whether nothing can be done before a person has voted on more prompts. Judging begins when the last vote is cast,
   * so that a vote can be taken back until then.
   */
  waitsFor(votes: Votes): boolean {
    return this.ungenerated === 0 && this.ballots().some(({ position }) => !votes.has(position));
  }

  /**
   * Takes one prompt a step further: generates and judges it, or only one of the two if its judge has to wait.
   * @param generateAhead whether the policy may generate other prompts in the meantime
   * @param onJudge called before the judge is asked
   * @returns the rollouts to store: that prompt's, and others whose pair it decides; null if interrupted
   * @throws LabError judge-failed (call again to retry), and what the policy throws
   */
  async next(generateAhead: boolean, votes: Votes, onJudge: () => void): Promise<readonly Rollout[] | null> {
    const waiting = this.rollouts.find((rollout) => rollout && this.needsJudge(rollout));
    if (waiting && (this.judgesAtOnce || this.ungenerated === 0)) {
      // The last prompt is generated, but the policy may not be idle yet.
      if (!this.judgesAtOnce) await this.queue.interrupt();
      onJudge();
      return this.put(await this.judged(waiting, votes.get(waiting.position)));
    }
    const finished = await this.queue.peek(generateAhead);
    if (!finished) return null;
    const { position, completions, seconds } = finished;
    const { prompt, tokens } = at(this.parts.prompts, position);
    const generated: Rollout = {
      ...this.parts.place,
      position,
      prompt,
      promptTokens: tokens,
      candidates: this.parse(prompt, completions),
      pair: null,
      judgement: this.judgementWithoutScores(position),
      comparisons: [],
      seconds: { generate: seconds, judge: 0 },
    };
    const judgeNow = this.judgesAtOnce && this.needsJudge(generated);
    if (judgeNow) onJudge();
    const rollout = judgeNow ? await this.judged(generated) : generated;
    this.live.finish(position);
    this.queue.take();
    return this.put(rollout);
  }

  /** Stops generation. Resolves when the policy is idle. */
  interrupt(): Promise<void> {
    return this.queue.interrupt();
  }

  /**
   * A relative judge does not score held-out samples, but compares them with another policy's in a later stage. Here
   * only control rows are put to it. A prompt without them gets its judgement without asking.
   */
  private judgementWithoutScores(position: number): StoredJudgement | null {
    return this.relativeJudge && !this.parts.controls.has(position)
      ? emptyJudgement(this.relativeJudge, COMPARES)
      : null;
  }

  /** The judge, if it compares held-out samples and scores none of them alone. */
  private get relativeJudge(): OpenJudge | null {
    const { judge } = this.parts;
    return judge?.relative && this.purpose === 'evaluate' ? judge : null;
  }

  private get judgesAtOnce(): boolean {
    return (this.parts.judge?.pace ?? 'at-once') === 'at-once';
  }

  private needsJudge(rollout: Rollout): boolean {
    return this.parts.judge !== null && rollout.judgement === null;
  }

  private async judged(rollout: Rollout, vote?: Vote): Promise<Rollout> {
    const { judge, recipe, controls, now } = this.parts;
    assert(judge !== null, 'this batch has no judge');
    const { prompt, position, candidates, seconds } = rollout;
    const begun = now();
    const judged = this.relativeJudge
      ? { judgement: await judgeControlRows(judge, { prompt, candidates }, COMPARES) }
      : await judgeCandidates(judge, {
          prompt,
          candidates,
          rho: recipe.rho,
          controls: controls.has(position),
          vote,
        });
    return { ...rollout, ...judged, seconds: { ...seconds, judge: (now() - begun) / 1000 } };
  }

  /** Keeps the rollout, and decides the pairs that have waited for it. Returns what is to be stored. */
  private put(rollout: Rollout): readonly Rollout[] {
    this.rollouts[rollout.position] = rollout;
    const decided = this.decide();
    return decided.some(({ position }) => position === rollout.position) ? decided : [rollout, ...decided];
  }

  private decide(): Rollout[] {
    const decided = this.decider?.decide(this.rollouts) ?? [];
    for (const rollout of decided) this.rollouts[rollout.position] = rollout;
    return decided;
  }
}
