/** Lets another judge score the candidates of an iteration. The run's own scores and pairs do not change. */

import type { OpenJudge } from '../../judges/judge';
import { orAborted } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { badRecipe } from '../../recipe/faults';
import { JUDGE_DETAIL_NAMES } from '../../recipe/fields/judge';
import { asksPerson, asksPolicy } from '../../recipe/judges/asked';
import type { Recipe } from '../../recipe/recipe';
import type { ArmIteration, Rollout } from '../../records/candidates';
import type { RejudgedPrompt, Rejudgement } from '../../records/judgements';
import { controlPositions, judgeCandidates } from '../../tpo/judging/judge-candidates';
import { judgeFacts } from '../../tpo/judging/judge-facts';
import { type DecidedRollout, PairDecider } from '../../tpo/pairs/decide-pairs';
import type { RunStore } from '../../tpo/store';
import { checkableShare, judgeWarnings } from '../../tpo/warnings/judge-warnings';
import { runNotFound } from '../runs/stored-runs';
import { type TrialParts, withJudge } from './judge-trials';

export interface RejudgeParts extends TrialParts {
  readonly store: RunStore;
  onProgress(done: number, total: number): void;
}

/** The recipe fields that are taken from the other judge's recipe. All others are the run's. */
const JUDGE_FIELDS = ['judge', ...JUDGE_DETAIL_NAMES, 'controls'] as const satisfies readonly (keyof Recipe)[];

/** The results so far are stored this often. Milliseconds. */
const SAVE_MS = 5000;

export class Rejudger {
  private current: {
    readonly abort: AbortController;
    readonly ended: Promise<unknown>;
    readonly onPolicy: boolean;
  } | null = null;

  constructor(private readonly parts: RejudgeParts) {}

  /**
   * One at a time. If it is cancelled or fails, what was judged before that is stored.
   * @throws LabError running-elsewhere, not-found, bad-recipe: a person judges; cancelled: before the first prompt;
   * judge-failed
   */
  async judge(runId: string, of: ArmIteration, recipe: Recipe): Promise<Rejudgement> {
    if (this.current)
      throw new LabError('running-elsewhere', 'Another judge is already at work.', 'Cancel it first, or let it end.');
    if (asksPerson(recipe))
      throw badRecipe('A person changes pairs one by one: choose another judge for all of them.');
    const abort = new AbortController();
    const result = this.run(runId, of, recipe, abort.signal);
    this.current = { abort, ended: result.catch(() => {}), onPolicy: asksPolicy(recipe) };
    try {
      return await result;
    } finally {
      this.current = null;
    }
  }

  /** Resolves when the judge is closed. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort(new LabError('cancelled', 'The other judge was cancelled.', 'What it has judged is kept.'));
    await current?.ended;
  }

  /**
   * Cancels a judge that has a policy, because something else is about to need the memory. Resolves when it is free.
   */
  async giveWay(): Promise<void> {
    if (this.current?.onPolicy) await this.cancel();
  }

  private async run(runId: string, of: ArmIteration, requested: Recipe, signal: AbortSignal): Promise<Rejudgement> {
    const { store } = this.parts;
    const run = await store.get(runId);
    if (!run) throw runNotFound();
    const rollouts = await store.rollouts(runId, { purpose: 'train', ...of });
    if (rollouts.length === 0 || rollouts.length < run.recipe.promptsPerIteration) {
      throw new LabError(
        'not-found',
        'The candidates of this iteration are not all written yet.',
        'Let the run write them first.',
      );
    }
    const recipe = { ...run.recipe, ...Object.fromEntries(JUDGE_FIELDS.map((field) => [field, requested[field]])) };
    return withJudge(recipe, this.parts, signal, (judge) => this.judgeAll(runId, of, recipe, rollouts, judge, signal));
  }

  private async judgeAll(
    runId: string,
    of: ArmIteration,
    recipe: Recipe,
    rollouts: readonly Rollout[],
    judge: OpenJudge,
    signal: AbortSignal,
  ): Promise<Rejudgement> {
    const { store, onProgress, now } = this.parts;
    const { name, promptVersion } = judge;
    const total = rollouts.length;
    const tested = controlPositions(recipe, total);
    const decider = new PairDecider(total, recipe.malformedShare);
    const checkable = checkableShare(rollouts);
    const judged: Rollout[] = [];
    let decided: DecidedRollout[] = [];
    const made = { id: crypto.randomUUID(), runId, ...of, created: Date.now(), judge: name, promptVersion };
    let saved = now();
    const save = async (): Promise<Rejudgement> => {
      const facts = judgeFacts(judged);
      const warnings = facts === null ? [] : judgeWarnings(facts, recipe, checkable);
      const soFar: Rejudgement = { ...made, facts, warnings, done: judged.length, total };
      await store.putRejudgement(soFar, decided.map(promptOf));
      decided = [];
      saved = now();
      return soFar;
    };
    try {
      for (const rollout of rollouts) {
        onProgress(judged.length, total);
        const { prompt, candidates, position } = rollout;
        const task = { prompt, candidates, rho: recipe.rho, controls: tested.has(position), signal };
        const again = await orAborted(judgeCandidates(judge, task), signal);
        judged.push({ ...rollout, ...again });
        decided.push(...decider.decide(judged));
        if (now() - saved >= SAVE_MS) await save();
      }
    } catch (error) {
      if (judged.length > 0) await save();
      if (!signal.aborted || judged.length === 0) throw error;
    }
    onProgress(judged.length, total);
    return save();
  }
}

const promptOf = ({ position, candidates, judgement, pair }: DecidedRollout): RejudgedPrompt => ({
  position,
  scores: candidates.map(({ score }) => score),
  judgement,
  pair,
});
