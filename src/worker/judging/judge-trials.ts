/** Tries a judge on two responses before a run depends on it. */
import { runControls } from '../../judges/controls';
import type { OpenJudge } from '../../judges/judge';
import type { JudgeContext } from '../../judges/opening';
import { OneAtATime, orAborted } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { badRecipe } from '../../recipe/faults';
import { asksPerson, asksPolicy } from '../../recipe/judges/asked';
import { controlQuestions } from '../../recipe/judges/calls';
import type { Recipe } from '../../recipe/recipe';
import type { ControlOutcome } from '../../records/judgements';
import type { JudgeState, JudgeTrial, JudgeTrialResult } from '../../records/judges';
import type { OpeningPhase, OpeningProgress } from '../../records/progress';
import type { Policy, PolicyFactory } from '../../tpo/policy';

export interface TrialParts {
  readonly openPolicy: PolicyFactory;
  openJudge(recipe: Recipe, context: JudgeContext): Promise<OpenJudge>;
  /** Cancels other tasks that use a policy. @throws LabError running-elsewhere: a run is running */
  beforePolicy(): Promise<void>;
  /** Called with the loading progress of the judge or of its policy; with null when that has ended. */
  onLoading(state: JudgeState | null): void;
  /** Called with the time that the recipe's judge took for a question. */
  timed(recipe: Recipe, secondsPerQuestion: number): Promise<void>;
  /** A monotonic clock in milliseconds. */
  now(): number;
}

/**
 * Opens the recipe's judge outside a run, with a policy if the judge needs one, and closes both when `use` has ended.
 * @throws LabError cancelled, and what `openPolicy`, `openJudge`, `beforePolicy` and `use` throw
 */
export async function withJudge<T>(
  recipe: Recipe,
  parts: TrialParts,
  signal: AbortSignal,
  use: (judge: OpenJudge) => Promise<T>,
): Promise<T> {
  const { openJudge, onLoading } = parts;
  let policy: Policy | null = null;
  let judge: OpenJudge | null = null;
  try {
    policy = asksPolicy(recipe) ? await policyForJudge(recipe, parts, signal) : null;
    const opening = openJudge(recipe, { runId: null, policy: () => policy, onLoading });
    judge = await orAborted(opening, signal).catch((error: unknown) => {
      // The judge may still open. No caller waits for it any more, so it is closed then.
      opening.then((late) => late.dispose()).catch(() => {});
      throw error;
    });
    return await use(judge);
  } finally {
    judge?.dispose();
    policy?.dispose();
    onLoading(null);
  }
}

const OPENING_WORDS: Readonly<Record<OpeningPhase, string>> = {
  lanes: 'choosing the number of lanes',
  tune: 'choosing the fastest kernels for this device',
  load: 'loading the model',
};

async function policyForJudge(
  recipe: Recipe,
  { beforePolicy, openPolicy, onLoading }: TrialParts,
  signal: AbortSignal,
): Promise<Policy> {
  await orAborted(beforePolicy(), signal);
  const onProgress = ({ phase, done, total }: OpeningProgress) =>
    onLoading({ judge: 'self', phase: OPENING_WORDS[phase], progress: total === 0 ? null : done / total });
  onProgress({ phase: 'load', done: 0, total: 0 });
  const policy = await openPolicy(recipe, { onProgress, signal, runId: null });
  onLoading(null);
  return policy;
}

export class JudgeTrials {
  private readonly trials = new OneAtATime(cancelled);

  constructor(private readonly parts: TrialParts) {}

  /**
   * Cancels the trial that is under way, if any.
   * @throws LabError cancelled, judge-failed, bad-recipe: a person judges; running-elsewhere: the judge is `self`
   */
  async take(recipe: Recipe, trial: JudgeTrial): Promise<JudgeTrialResult> {
    if (asksPerson(recipe))
      throw badRecipe('A person cannot be tried as a judge: votes are asked for while the run is running.');
    return this.trials.take(async (signal, before) => {
      await before();
      signal.throwIfAborted();
      return withJudge(recipe, this.parts, signal, (judge) => this.judge(judge, recipe, trial, signal));
    });
  }

  /** Resolves when the judge is closed. */
  cancel(): Promise<void> {
    return this.trials.cancel();
  }

  private async judge(
    judge: OpenJudge,
    recipe: Recipe,
    { instruction, responses, reference, checks }: JudgeTrial,
    signal: AbortSignal,
  ): Promise<JudgeTrialResult> {
    const { now } = this.parts;
    const begun = now();
    const checked = { ...(reference && { reference }), ...(checks && { checks }), signal };
    const judged = await orAborted(judge.score({ instruction, responses, ...checked }), signal);
    const { scores, detail, calls = [], members = [] } = judged;
    const seconds = (now() - begun) / 1000;
    const [first, second] = responses;
    const best = (scores[1] ?? -Infinity) > (scores[0] ?? -Infinity) ? [second, first] : [first, second];
    const controlsBegun = now();
    const controls = await orAborted(runControls(judge, instruction, best, checked), signal);
    await this.time(recipe, controls, (now() - controlsBegun) / 1000);
    return { judge: judge.name, scores, detail, calls, members, controls, seconds };
  }

  /** Times the control rows, because the scores before them may include loading the judge. */
  private async time(recipe: Recipe, controls: readonly ControlOutcome[], seconds: number): Promise<void> {
    // An inconclusive row was not put to the judge.
    const asked = controls.filter(({ none }) => none !== 'nothing-to-tell').length;
    const questions = controlQuestions(recipe.judge, recipe) * (asked / Math.max(1, controls.length));
    if (questions > 0) await this.parts.timed(recipe, seconds / questions);
  }
}

const cancelled = (): LabError => new LabError('cancelled', 'The trial was cancelled.', 'Nothing was stored.');
