/** A judge tried on two responses, before anything is begun with it. */

import type { OpenJudge } from '../../judges/judge';
import type { JudgeContext } from '../../judges/opening';
import { orAborted } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { badRecipe } from '../../recipe/faults';
import { asksPerson, asksPolicy } from '../../recipe/judges/asked';
import { controlQuestions } from '../../recipe/judges/calls';
import type { Recipe } from '../../recipe/recipe';
import type { ControlOutcome } from '../../records/judgements';
import type { JudgeState, JudgeTrial, JudgeTrialResult } from '../../records/judges';
import type { Policy, PolicyFactory } from '../../tpo/policy';

export interface TrialServices {
  readonly openPolicy: PolicyFactory;
  openJudge(recipe: Recipe, context: JudgeContext): Promise<OpenJudge>;
  /** @throws LabError running-elsewhere */
  idle(): Promise<void>;
  tell(state: JudgeState | null): void;
  /** What the recipe's judge took for a question, in a trial. */
  timed(recipe: Recipe, secondsPerQuestion: number): Promise<void>;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * A judge outside a run, with a policy where it needs one: none may run meanwhile. Both are closed when this settles.
 * @throws LabError cancelled, and what `openPolicy`, `openJudge`, `idle` and `use` throw
 */
export async function withJudge<T>(
  recipe: Recipe,
  services: TrialServices,
  signal: AbortSignal,
  use: (judge: OpenJudge) => Promise<T>,
): Promise<T> {
  const { openJudge, tell } = services;
  let policy: Policy | null = null;
  let judge: OpenJudge | null = null;
  try {
    policy = asksPolicy(recipe) ? await policyForJudge(recipe, services, signal) : null;
    const opening = openJudge(recipe, { runId: null, policy: () => policy, onLoading: tell });
    judge = await orAborted(opening, signal).catch((error: unknown) => {
      // It may still come, and nobody waits for it any more.
      opening.then((late) => late.dispose()).catch(() => {});
      throw error;
    });
    return await use(judge);
  } finally {
    judge?.dispose();
    policy?.dispose();
    tell(null);
  }
}

async function policyForJudge(
  recipe: Recipe,
  { idle, openPolicy, tell }: TrialServices,
  signal: AbortSignal,
): Promise<Policy> {
  await orAborted(idle(), signal);
  const loading = (done: number, total: number) => {
    // Thrown between two tensors: what is loaded so far goes.
    signal.throwIfAborted();
    tell({ judge: 'self', phase: 'loading the model', progress: total === 0 ? null : done / total });
  };
  loading(0, 0);
  const policy = await openPolicy(recipe, loading);
  tell(null);
  return policy;
}

export class JudgeTrials {
  private current: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;

  constructor(private readonly services: TrialServices) {}

  /** One that is under way is given up. @throws LabError cancelled, judge-failed, bad-recipe (a person), running-elsewhere (`self`) */
  async take(recipe: Recipe, trial: JudgeTrial): Promise<JudgeTrialResult> {
    if (asksPerson(recipe)) throw badRecipe('A person is not tried: votes are asked for while the run goes on.');
    const before = this.current;
    const abort = new AbortController();
    const result = this.judge(recipe, trial, abort.signal, async () => {
      before?.abort.abort(cancelled());
      await before?.ended;
    });
    const current = { abort, ended: result.catch(() => {}) };
    this.current = current;
    try {
      return await result;
    } finally {
      if (this.current === current) this.current = null;
    }
  }

  /** Resolves when its judge is closed. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort(cancelled());
    await current?.ended;
  }

  private async judge(
    recipe: Recipe,
    { instruction, responses, reference, checks }: JudgeTrial,
    signal: AbortSignal,
    ready: () => Promise<void>,
  ): Promise<JudgeTrialResult> {
    const { now } = this.services;
    await ready();
    signal.throwIfAborted();
    return withJudge(recipe, this.services, signal, async (judge) => {
      const begun = now();
      const checked = { ...(reference && { reference }), ...(checks && { checks }), signal };
      const said = await orAborted(judge.score({ instruction, responses, ...checked }), signal);
      const { scores, detail, calls = [], members = [] } = said;
      const seconds = (now() - begun) / 1000;
      const { runControls } = await import('../../judges/controls');
      const [first, second] = responses;
      const best = (scores[1] ?? -Infinity) > (scores[0] ?? -Infinity) ? [second, first] : [first, second];
      const loaded = now();
      const controls = await orAborted(runControls(judge, instruction, best, checked), signal);
      await this.time(recipe, controls, (now() - loaded) / 1000);
      return { judge: judge.name, scores, detail, calls, members, controls, seconds };
    });
  }

  /** By the control rows: what came before may have been loading. Where some of them tell nothing, fewer were asked. */
  private async time(recipe: Recipe, controls: readonly ControlOutcome[], seconds: number): Promise<void> {
    const told = controls.filter(({ none }) => none !== 'nothing-to-tell').length;
    const questions = controlQuestions(recipe.judge, recipe) * (told / Math.max(1, controls.length));
    if (questions > 0) await this.services.timed(recipe, seconds / questions);
  }
}

const cancelled = (): LabError => new LabError('cancelled', 'The trial was cancelled.', 'Nothing was stored.');
