import { assert } from '../lib/assert';
import { isJudgeFailure } from '../lib/errors';
import { closeIteration, countClosedIterations } from './close-iteration';
import { compareSamples, summarizeBeforeWarmUp } from './evaluation/evaluation-stages';
import { generateCandidates, generateHeldoutSamples, generateWarmUp } from './generation/rollout-stages';
import type { LoopProgress } from './progress/loop-progress';
import { resume } from './resume';
import type { ArmIterationState, LoopContext, LoopParts, Stage, Unit, UnitOutcome } from './stage';
import { computeReference, preferenceStep, saveAdapter } from './training/preference';
import { sftStep } from './training/warm-up';
import { leakWarnings } from './warnings/warnings';

/**
 * The stages of an arm iteration (one iteration of the thinking or the direct arm), in order. A stage takes the arm
 * iteration as far as it is done, and returns the next unit of work, or null if it has nothing left to do.
 */
const stagesOf = (context: LoopContext): readonly Stage[] => [
  // Iterations 1 … N: TPO. The judge sees responses only; the pairs are whole completions, thought and response.
  generateCandidates(context), // for each prompt: K candidates, their scores, and the pair of best and worst
  computeReference(context), // log-probabilities of the pairs under the policy as it is now
  preferenceStep(context), // one optimiser step on the preference loss, until all are done
  saveAdapter(context),

  // Every iteration: evaluation on held-out prompts. Iteration 0 evaluates the seed model.
  generateHeldoutSamples(context), // for each prompt: samples and their scores
  compareSamples(context), // for each prompt: against other policies, if the judge compares instead of scoring

  // Iteration 0: the warm-up, if the recipe has one.
  summarizeBeforeWarmUp(context),
  generateWarmUp(context), // for each prompt: completions, of which the well-formed ones are trained on
  sftStep(context), // one optimiser step of supervised fine-tuning, until all are done

  closeIteration(context), // summaries and win rates
];

/**
 * The loop of one run: Thought Preference Optimization (TPO, arXiv 2410.10630). It works through all arm iterations
 * (every arm of iteration 0, then every arm of iteration 1, and so on), and through the stages of each. `step` does
 * one unit of work and stores it.
 *
 * What comes next follows from the recipe and the stored records alone: a loop that is opened after an interruption
 * does what the uninterrupted loop would have done, and ends with the same records, bit by bit.
 */
export class Loop {
  private readonly stages: readonly Stage[];
  private failed = false;
  /** The arm iteration for whose training the judges have freed their memory. */
  private judgesFreedFor: ArmIterationState | null = null;

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
    const { context, progress } = await resume(parts);
    await context.log.warn(leakWarnings(context.prompts.leftOut, parts.prompts.length));
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

  /** Runs a unit, and shows before and after it how far its stage is. */
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
  private async freeJudgeMemory(state: ArmIterationState): Promise<void> {
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
