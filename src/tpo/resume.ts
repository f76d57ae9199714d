/**
 * Resumes a run: restores the policy's adapters and the open arm iterations from the stored records. A new run has no
 * records.
 */
import { at } from '../lib/assert';
import { LabError } from '../lib/errors';
import type { Arm } from '../recipe/recipe';
import type { ArmIteration, Purpose } from '../records/candidates';
import type { Checkpoint, RunDetail } from '../records/runs';
import { armIterationsOf, hasWarmUp, OpenIterations, sameArmIteration } from './arm-iterations';
import { stoppedBefore } from './evaluation/best-checkpoint';
import { RolloutBatch } from './generation/rollout-batch';
import { RunPrompts } from './generation/run-prompts';
import { controlPositions } from './judging/judge-candidates';
import { LoopProgress } from './progress/loop-progress';
import { RunLog } from './run-log';
import type { ArmIterationState, LoopContext, LoopParts } from './stage';
import { stepWarnings } from './warnings/warnings';

/**
 * Reads the stored records of a run, and sets up the context that all stages of its loop share.
 * @throws LabError prompt-too-long, bad-prompts, bad-recipe, bad-file, and the errors of policy and store
 */
export async function resume(
  parts: LoopParts,
): Promise<{ readonly context: LoopContext; readonly progress: LoopProgress }> {
  const { run, policy, store } = parts;
  const { recipe } = run;
  const prompts = await RunPrompts.encode(policy, recipe, parts.prompts, parts.heldout);
  const stored = await store.detail(run.id);
  const remaining = remainingIterations(parts, stored);
  const heads = await restoreAdapters(parts, remaining[0]);
  const iterations: OpenIterations<ArmIterationState> = new OpenIterations(remaining, (which) =>
    openArmIteration(context, which),
  );
  const progress = new LoopProgress({
    ...parts,
    recipe,
    heldout: prompts.heldout(at(recipe.arms, 0)).length,
    iterations,
    costs: policy.costs && { phases: policy.costs, promptTokens: (arm) => prompts.meanLength(arm) },
    emit: (event) => parts.emit({ type: 'progress', progress: event }),
  });
  const emit: LoopParts['emit'] = (event) => {
    progress.event(event);
    parts.emit(event);
  };
  const log = new RunLog(run.id, store, emit, stored);
  const context: LoopContext = { ...parts, prompts, iterations, log, heads, observer: progress, emit };
  return { context, progress };
}

/** The arm iterations that are not closed yet, in order, without those of arms that have stopped early. */
function remainingIterations({ run: { recipe } }: LoopParts, stored: RunDetail | null): ArmIteration[] {
  const evaluations = stored?.evaluations ?? [];
  // An iteration 0 without a warm-up has no summary of its own: its evaluation closes it.
  const seeds = evaluations.filter((each) => each.iteration === 0 && !hasWarmUp(recipe, each));
  const closed = [...seeds, ...(stored?.iterations ?? [])];
  return armIterationsOf(recipe).filter(
    (which) => !closed.some((each) => sameArmIteration(each, which)) && !stoppedBefore(recipe, evaluations, which),
  );
}

/**
 * Gives the policy the adapters of the arms' last checkpoints. An arm without a checkpoint begins: its initial adapter
 * is committed first.
 * @param current the arm iteration that is worked on next
 * @throws LabError bad-recipe (a checkpoint was stored under another recipe), bad-file, and what policy and store
 * throw
 */
async function restoreAdapters(
  { run, policy, store, recipeHash }: LoopParts,
  current: ArmIteration | undefined,
): Promise<Map<Arm, Checkpoint>> {
  const { recipe } = run;
  const heads = new Map<Arm, Checkpoint>();
  for (const arm of recipe.arms) {
    let head = await store.head(run.id, arm);
    if (!head) {
      const state = await policy.initialState(arm, recipe.seed);
      head = { arm, iteration: 1, step: 0, state, reference: null, recipeHash };
      await store.commit(run.id, head, null);
    }
    if (head.recipeHash !== recipeHash) {
      throw new LabError(
        'bad-recipe',
        'The stored checkpoint was made with another recipe.',
        'Start a new run with this recipe.',
      );
    }
    // The policy has optimiser moments for one arm only: the one that is in the middle of its steps.
    const inTraining = current !== undefined && sameArmIteration(head, current);
    await policy.setState(arm, inTraining ? head.state : { ...head.state, m: null, v: null, step: 0 });
    heads.set(arm, head);
  }
  return heads;
}

/** Opens an arm iteration in the state that its stored rollouts, steps and checkpoint give. */
async function openArmIteration(context: LoopContext, which: ArmIteration): Promise<ArmIterationState> {
  const { run, store, log, heads } = context;
  const { iteration, arm } = which;
  const warmUp = hasWarmUp(run.recipe, which);
  const training =
    iteration > 0 || warmUp
      ? await openBatch(context, { purpose: warmUp ? 'warm-up' : 'train', iteration, arm })
      : null;
  const evaluation = await openBatch(context, { purpose: 'evaluate', iteration, arm });
  for (const rollout of training?.decideRestored() ?? []) await store.putRollout(run.id, rollout);
  // A step may have been committed without its warnings.
  const steps = log.stepsOf(which);
  for (let count = 1; count <= steps.length; count++) await log.warn(stepWarnings(steps.slice(0, count), run.recipe));
  const head = heads.get(arm);
  const begun = head?.iteration === iteration ? head : null;
  return {
    iteration,
    arm,
    training,
    evaluation,
    pairs: null,
    reference: begun?.reference ?? null,
    referenceSeconds: 0,
    samples: null,
    batches: [],
    step: begun?.step ?? 0,
    adapterSaved: iteration === 0 || (await store.iterationAdapter(run.id, arm, iteration)) !== null,
    // Without a warm-up, the evaluation is summed up when the iteration is closed. If that was interrupted, it is done
    // again, because warnings may be missing.
    evaluated: warmUp && log.evaluationOf(which) !== null,
  };
}

async function openBatch(
  context: LoopContext,
  place: ArmIteration & { readonly purpose: Purpose },
): Promise<RolloutBatch> {
  const { run, store, policy, judge, evaluationJudge, observer, emit, now } = context;
  const { recipe } = run;
  const { purpose, iteration, arm } = place;
  const stored = await store.rollouts(run.id, place);
  observer.restored(stored);
  const prompts = purpose === 'evaluate' ? context.prompts.heldout(arm) : context.prompts.training(iteration, arm);
  const judges = { train: judge, evaluate: evaluationJudge, 'warm-up': null };
  // Control rows test a judge of the evaluation alone once in a run, with the samples of the first seed model.
  const firstEvaluation = evaluationJudge !== judge && iteration === 0 && arm === recipe.arms[0];
  const hasControls = purpose === 'train' || (purpose === 'evaluate' && firstEvaluation);
  return new RolloutBatch({
    place,
    prompts,
    stored,
    recipe,
    policy,
    judge: judges[purpose],
    controls: hasControls ? controlPositions(recipe, prompts.length) : new Set(),
    tokens: (count) => observer.tokens(count),
    live: (live) => emit({ type: 'live', live }),
    now,
  });
}
