import { assert } from '../lib/assert';
import { at } from '../lib/at';
import { isJudgeFailure } from '../lib/errors';
import type { Prompt } from '../records/prompts';
import { OpenIterations } from './arm-iteration-state';
import { closeIteration, countClosedIterations } from './close-iteration';
import { compareSamples, summarizeBeforeWarmUp } from './evaluation/evaluation-stages';
import { generateCandidates, generateHeldoutSamples, generateWarmUp } from './generation/rollout-stages';
import { RunPrompts } from './generation/run-prompts';
import { LoopProgress } from './progress/loop-progress';
import { openArmIteration, remainingIterations, restoreAdapters } from './resume';
import { RunLog } from './run-log';
import type { LoopContext, RunParts, Stage, Unit, UnitOutcome } from './stage';
import { computeReference, preferenceStep, saveAdapter } from './training/preference';
import { sftStep } from './training/warm-up';
import { leakWarnings } from './warnings/warnings';

/**
 * The stages of an arm iteration, in order. Iterations 1 … N go through TPO: generate and judge candidates, train on
 * their preference pairs, evaluate the new policy. Iteration 0 evaluates the seed model and, if the recipe says so,
 * warms it up. A stage that an iteration does not have returns null.
 */
const stagesOf = (context: LoopContext): readonly Stage[] => [
  generateCandidates(context), // prompt by prompt; pairs are decided on the way
  computeReference(context),
  preferenceStep(context), // until all steps are done
  saveAdapter(context),

  generateHeldoutSamples(context), // prompt by prompt
  compareSamples(context), // prompt by prompt, if the judge is relative

  summarizeBeforeWarmUp(context),
  generateWarmUp(context), // prompt by prompt
  sftStep(context), // until all steps are done

  closeIteration(context),
];

/** What a loop is made of. */
export interface LoopParts extends RunParts {
  /** All training prompts, in the order of their set. */
  readonly prompts: readonly Prompt[];
  /** All held-out prompts, in the order of their set. */
  readonly heldout: readonly Prompt[];
}

/**
 * The loop of one run. It works through the run's arm iterations (every arm of iteration 0, then every arm of
 * iteration 1, and so on), and through the stages of each. `step` does one unit of work and stores it.
 *
 * What comes next follows from the recipe and the stored records alone: a loop that is opened after an interruption
 * does what the uninterrupted loop would have done, and ends with the same records, bit by bit.
 */
export class Loop {
  private readonly stages: readonly Stage[];
  private failed = false;
  /** The arm iteration for whose training the judges have freed their memory. */
  private judgesFreedFor: Unit['state'] | null = null;

  private constructor(
    private readonly context: LoopContext,
    private readonly progress: LoopProgress,
  ) {
    this.stages = stagesOf(context);
  }

  /**
   * Reads the stored records of the run, and brings the policy to where they say it is.
   * @throws LabError prompt-too-long, bad-prompts, bad-recipe, bad-file (a damaged checkpoint), and what policy and
   * store throw
   */
  static async open(parts: LoopParts): Promise<Loop> {
    const { run, policy, store } = parts;
    const { recipe } = run;
    const prompts = await RunPrompts.encode(policy, recipe, parts.prompts, parts.heldout);
    const stored = await store.detail(run.id);
    const remaining = remainingIterations(parts, stored);
    const heads = await restoreAdapters(parts, remaining[0]);

    const iterations: OpenIterations = new OpenIterations(remaining, (which) => openArmIteration(context, which));
    const progress = new LoopProgress({
      ...parts,
      recipe,
      heldout: prompts.heldout(at(recipe.arms, 0)).length,
      iterations,
      emit: (event) => parts.emit({ type: 'progress', progress: event }),
    });
    const emit: RunParts['emit'] = (event) => {
      progress.event(event);
      parts.emit(event);
    };
    const log = new RunLog(run.id, store, emit, stored);
    const context: LoopContext = { ...parts, prompts, iterations, log, heads, observer: progress, emit };

    await log.warn(leakWarnings(prompts.leftOut, parts.prompts.length));
    await countClosedIterations(context);
    return new Loop(context, progress);
  }

  /**
   * Does one unit of work and stores it.
   * @param generateAhead whether the policy may go on generating while other units are done; otherwise it is idle
   * afterwards
   * @throws LabError judge-failed: the loop is where it was, and `step` tries again. After any other error, open a new
   * loop.
   */
  async step(generateAhead = true): Promise<UnitOutcome | 'finished'> {
    assert(!this.failed, 'this loop has failed: open a new one');
    try {
      const unit = await this.next();
      return unit ? await this.run(unit, generateAhead) : 'finished';
    } catch (error) {
      this.failed = !isJudgeFailure(error);
      throw error;
    }
  }

  /** Ends the unit under way soon. Resolves when the policy is idle. Half-generated prompts are lost, nothing else. */
  async interrupt(): Promise<void> {
    for (const { training, evaluation } of this.context.iterations.open) {
      await training?.interrupt();
      await evaluation.interrupt();
    }
    this.progress.pause();
  }

  /** The next unit of the first stage that has one; null when all arm iterations are closed. */
  private async next(): Promise<Unit | null> {
    const state = await this.context.iterations.current();
    if (state === null) return null;
    for (const next of this.stages) {
      const unit = await next(state);
      if (unit) return unit;
    }
    throw new Error('the last stage always has a unit');
  }

  private async run(unit: Unit, generateAhead: boolean): Promise<UnitOutcome> {
    const { state } = unit;
    // The policy does one thing at a time: candidates generated ahead for another arm have to wait.
    for (const other of this.context.iterations.open) if (other !== state) await other.training?.interrupt();
    if (unit.trains) await this.freeJudgeMemory(state);
    this.show(unit);
    try {
      const outcome = await unit.run(generateAhead);
      if (outcome === 'stored') this.show(unit);
      return outcome;
    } finally {
      this.progress.idle();
    }
  }

  private show(unit: Unit): void {
    const activity = unit.activity();
    if (activity) this.progress.activity(unit.state, activity);
  }

  /** Has the judges free their GPU memory before the training of an arm iteration. They load again when next asked. */
  private async freeJudgeMemory(state: Unit['state']): Promise<void> {
    const { judge, evaluationJudge, judgesYield } = this.context;
    if (!judgesYield || this.judgesFreedFor === state) return;
    const judges = [...new Set([judge, evaluationJudge])];
    for (const [done, each] of judges.entries()) {
      this.progress.activity(state, { phase: 'release', work: null, done, total: judges.length, unit: 'judges' });
      await each.release?.();
    }
    this.judgesFreedFor = state;
  }
}
