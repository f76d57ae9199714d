import { assert } from '../lib/assert';
import { isJudgeFailure } from '../lib/errors';
import { closeIteration, storeClosedIterations } from './close-iteration';
import { compareSamples, summarizeBeforeWarmUp } from './evaluation/evaluation-stages';
import { generateCandidates, generateHeldoutSamples, generateWarmUp } from './generation/rollout-stages';
import type { LoopProgress } from './progress/loop-progress';
import { resume } from './resume';
import type { ArmIterationState, LoopContext, LoopParts, Stage, Unit, UnitOutcome } from './stage';
import { computeReference, preferenceStep, saveAdapter } from './training/preference';
import { sftStep } from './training/warm-up';
import { leftOutWarnings } from './warnings/warnings';

/**
 * The stages of an arm iteration (one iteration of the thinking or the direct arm). A stage is given the state of the
 * arm iteration so far. It returns its next unit of work, or null if it has nothing to do or is done.
 *
 * The order of the list is the order in time within every arm iteration:
 * - In iteration 0 the first four stages have nothing to do. It evaluates the seed model, and then does the warm-up if
 *   the recipe has one.
 * - In iterations 1 to N the three stages of the warm-up have nothing to do. They train by TPO, and then evaluate the
 *   adapter that was trained.
 */
const stagesOf = (context: LoopContext): readonly Stage[] => [
  // TPO. The judge sees responses only; the pairs are whole completions, thought and response.
  generateCandidates(context), // for each prompt: K candidates, their scores, and the pair of best and worst
  computeReference(context), // log-probabilities of the pairs under the policy before its first step of this iteration
  preferenceStep(context), // one optimiser step on the preference loss, until all are done
  saveAdapter(context), // stores the adapter at the end of the iteration; it is kept until the run is deleted

  // The evaluation on held-out prompts.
  generateHeldoutSamples(context), // for each prompt: samples and their scores
  compareSamples(context), // for each prompt: compares its samples with other policies' (relative judges only)

  // The warm-up.
  summarizeBeforeWarmUp(context), // stores the evaluation of the seed model before the warm-up changes the model
  generateWarmUp(context), // for each prompt: completions, of which the well-formed ones are trained on
  sftStep(context), // one optimiser step of supervised fine-tuning, until all are done

  closeIteration(context), // in every arm iteration: summaries and win rates
];

/**
 * The loop of one run: Thought Preference Optimization (TPO, arXiv 2410.10630). It works through all arm iterations
 * (every arm of iteration 0, then every arm of iteration 1, and so on), and through the stages of each. `step` does
 * one unit of work and stores it.
 *
 * The recipe and the stored records alone decide which unit is next. A loop that is opened after an interruption
 * therefore does what the uninterrupted loop would have done, and ends with the same records, bit by bit.
 */
export class Loop {
  private readonly stages: readonly Stage[];
  private failed = false;
  /** The arm iteration for whose training the judges last freed their GPU memory. */
  private judgesFreedFor: ArmIterationState | null = null;

  private constructor(
    private readonly context: LoopContext,
    private readonly progress: LoopProgress,
  ) {
    this.stages = stagesOf(context);
  }

  /**
   * Reads the stored records of the run, and restores the policy's adapters from the last checkpoints.
   * @throws LabError prompt-too-long, bad-prompts, bad-recipe, bad-file (a damaged checkpoint), and the errors of
   * policy and store
   */
  static async open(parts: LoopParts): Promise<Loop> {
    const { context, progress } = await resume(parts);
    await context.log.warn(leftOutWarnings(context.prompts.leftOut, parts.prompts.length));
    await storeClosedIterations(context);
    return new Loop(context, progress);
  }

  /**
   * Does one unit of work and stores it.
   * @param generateAhead whether the policy may keep generating after this unit; if not, it is idle when `step`
   * resolves
   * @throws LabError judge-failed: nothing was stored; call `step` again. After any other error, open a new loop.
   */
  async step(generateAhead = true): Promise<UnitOutcome | 'finished'> {
    assert(!this.failed, 'this loop has failed: open a new one');
    try {
      const unit = await this.nextUnit();
      return unit ? await this.runUnit(unit, generateAhead) : 'finished';
    } catch (error) {
      this.failed = !isJudgeFailure(error);
      throw error;
    }
  }

  /**
   * Stops the current unit as soon as possible, and resolves when the policy is idle. Only unfinished completions are
   * lost.
   */
  async interrupt(): Promise<void> {
    // At most two are open: the current one and, while it waits for votes, the next one.
    for (const { training, evaluation } of this.context.iterations.open) {
      await training?.interrupt();
      await evaluation.interrupt();
    }
    this.progress.pause();
  }

  /** The next unit of the first stage that has one; null when all arm iterations are closed. */
  private async nextUnit(): Promise<Unit | null> {
    const state = await this.context.iterations.current();
    if (state === null) return null;
    for (const stage of this.stages) {
      const unit = await stage(state);
      if (unit) return unit;
    }
    throw new Error('No stage has a unit: closeIteration should always have one.');
  }

  /** Runs a unit, and reports the stage's progress before and after it. */
  private async runUnit(unit: Unit, generateAhead: boolean): Promise<UnitOutcome> {
    const { state } = unit;
    // The policy does one thing at a time: candidates generated ahead for another arm have to wait.
    for (const other of this.context.iterations.open) if (other !== state) await other.training?.interrupt();
    if (unit.trains) await this.freeJudgeMemory(state);
    this.reportProgress(unit);
    try {
      const outcome = await unit.run(generateAhead);
      if (outcome === 'stored') this.reportProgress(unit);
      return outcome;
    } finally {
      this.progress.idle();
    }
  }

  private reportProgress(unit: Unit): void {
    const activity = unit.activity();
    if (activity) this.progress.activity(unit.state, activity);
  }

  /** Makes the judges free their GPU memory before an arm iteration is trained. They load again when next used. */
  private async freeJudgeMemory(state: ArmIterationState): Promise<void> {
    const { judge, evaluationJudge, judgesMustFreeMemory } = this.context;
    if (!judgesMustFreeMemory || this.judgesFreedFor === state) return;
    const judges = [...new Set([judge, evaluationJudge])];
    for (const [done, each] of judges.entries()) {
      this.progress.activity(state, { phase: 'release', work: null, done, total: judges.length, counts: 'judges' });
      await each.release?.();
    }
    this.judgesFreedFor = state;
  }
}
