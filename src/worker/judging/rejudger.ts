/** Another judge's word on an iteration that is done: nothing is written anew, and its pairs stay what they were. */
import type { OpenJudge } from '../../judges/judge';
import { orAborted } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { badRecipe } from '../../recipe/faults';
import { JUDGE_DETAIL_NAMES } from '../../recipe/fields/judge';
import { asksPerson, asksPolicy } from '../../recipe/judges/asked';
import type { Arm, Recipe } from '../../recipe/recipe';
import type { Rollout } from '../../records/candidates';
import type { RejudgedPrompt, Rejudgement } from '../../records/judgements';
import { controlPositions } from '../../tpo/judging/control-positions';
import { judgeFacts } from '../../tpo/judging/judge-facts';
import { judgePrompt } from '../../tpo/judging/judge-prompt';
import { type Decided, PairDecider } from '../../tpo/pairs/pair-decider';
import type { RunStore } from '../../tpo/store';
import { checkableShare, judgeWarnings } from '../../tpo/warnings/judge-warnings';
import { notFound } from '../runs/run-not-found';
import { type TrialServices, withJudge } from './judge-trials';

export interface RejudgeServices extends TrialServices {
  readonly store: RunStore;
  progress(done: number, total: number): void;
}

/** Fields that the other judge's recipe decides; the rest of the recipe is the run's. */
const JUDGE_FIELDS = ['judge', ...JUDGE_DETAIL_NAMES, 'controls'] as const satisfies readonly (keyof Recipe)[];

/** What has come so far is stored this often. Milliseconds. */
const KEEP_MS = 5000;

export class Rejudger {
  private current: {
    readonly abort: AbortController;
    readonly ended: Promise<unknown>;
    readonly onPolicy: boolean;
  } | null = null;

  constructor(private readonly services: RejudgeServices) {}

  /**
   * One at a time. What was judged before it is cancelled, or fails, is stored.
   * @throws LabError running-elsewhere, not-found, bad-recipe (a person), cancelled (before the first prompt), judge-failed
   */
  async judge(runId: string, place: { iteration: number; arm: Arm }, wanted: Recipe): Promise<Rejudgement> {
    if (this.current)
      throw new LabError('running-elsewhere', 'Another judge is at it already.', 'Cancel it first, or let it end.');
    if (asksPerson(wanted))
      throw badRecipe('A person changes pairs one by one: choose another judge for all of them.');
    const abort = new AbortController();
    const result = this.run(runId, place, wanted, abort.signal);
    this.current = { abort, ended: result.catch(() => {}), onPolicy: asksPolicy(wanted) };
    try {
      return await result;
    } finally {
      this.current = null;
    }
  }

  /** Resolves when its judge is closed. */
  async cancel(): Promise<void> {
    const { current } = this;
    current?.abort.abort(new LabError('cancelled', 'The other judge was cancelled.', 'What it has judged is kept.'));
    await current?.ended;
  }

  /** Ends it where it holds a policy of its own: a run is about to need the memory. Resolves when its device is free. */
  async giveWay(): Promise<void> {
    if (this.current?.onPolicy) await this.cancel();
  }

  private async run(
    runId: string,
    place: { iteration: number; arm: Arm },
    wanted: Recipe,
    signal: AbortSignal,
  ): Promise<Rejudgement> {
    const { store } = this.services;
    const run = await store.get(runId);
    if (!run) throw notFound();
    const rollouts = await store.rollouts(runId, { purpose: 'train', ...place });
    if (rollouts.length === 0 || rollouts.length < run.recipe.promptsPerIteration) {
      throw new LabError('not-found', 'This iteration is not all written yet.', 'Let the run come to its end first.');
    }
    const recipe = { ...run.recipe, ...Object.fromEntries(JUDGE_FIELDS.map((field) => [field, wanted[field]])) };
    return withJudge(recipe, this.services, signal, (judge) =>
      this.all(runId, place, recipe, rollouts, judge, signal),
    );
  }

  private async all(
    runId: string,
    place: { iteration: number; arm: Arm },
    recipe: Recipe,
    rollouts: readonly Rollout[],
    judge: OpenJudge,
    signal: AbortSignal,
  ): Promise<Rejudgement> {
    const { store, progress, now } = this.services;
    const { name, promptVersion } = judge;
    const total = rollouts.length;
    const tested = controlPositions(recipe, total);
    const decider = new PairDecider(total, recipe.malformedShare);
    const checkable = checkableShare(rollouts);
    const judged: Rollout[] = [];
    let decided: Decided[] = [];
    const made = { id: crypto.randomUUID(), runId, ...place, created: Date.now(), judge: name, promptVersion };
    let kept = now();
    const keep = async (): Promise<Rejudgement> => {
      const facts = judgeFacts(judged);
      const warnings = facts === null ? [] : judgeWarnings(facts, recipe, checkable);
      const soFar: Rejudgement = { ...made, facts, warnings, done: judged.length, total };
      await store.putRejudgement(soFar, decided.map(promptOf));
      decided = [];
      kept = now();
      return soFar;
    };
    try {
      for (const rollout of rollouts) {
        progress(judged.length, total);
        const { prompt, candidates, position } = rollout;
        const task = { prompt, candidates, rho: recipe.rho, controls: tested.has(position), signal };
        const again = await orAborted(judgePrompt(judge, task), signal);
        judged.push({ ...rollout, ...again });
        decided.push(...decider.decide(judged));
        if (now() - kept >= KEEP_MS) await keep();
      }
    } catch (error) {
      if (judged.length > 0) await keep();
      if (!signal.aborted || judged.length === 0) throw error;
    }
    progress(judged.length, total);
    return keep();
  }
}

const promptOf = ({ position, candidates, judgement, pair }: Decided): RejudgedPrompt => ({
  position,
  scores: candidates.map(({ score }) => score),
  judgement,
  pair,
});
