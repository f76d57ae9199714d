/**
 * The preference training of an arm iteration, in three stages: the reference log-probabilities of its pairs, the
 * optimiser steps, and storing the adapter that they give.
 */
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import type { Rollout } from '../../records/candidates';
import type { PreferencePair, ReferenceLogps } from '../../records/pairs';
import type { RolloutBatch } from '../generation/rollout-batch';
import { judgeFacts } from '../judging/judge-facts';
import { preferencePairs } from '../pairs/decide-pairs';
import { withPairEdits } from '../pairs/pair-edits';
import type { Activity, ArmIterationState, LoopContext, Stage } from '../stage';
import { checkableShare, judgeWarnings } from '../warnings/judge-warnings';
import { rolloutWarnings, stepWarnings, withPlace } from '../warnings/warnings';
import { batches, commit, optimiserStep, stepMetrics, stepsDone } from './optimiser-step';

/** The training batch of an iteration 1 … N until its adapter is saved, otherwise null. */
const trainedNow = ({ iteration, training, adapterSaved }: ArmIterationState): RolloutBatch | null =>
  iteration === 0 || adapterSaved ? null : training;

/**
 * Computes the reference log-probabilities of all pairs, before the first step changes the policy: the reference model
 * of an iteration is the policy at its start. Resets the optimiser. An iteration without pairs has no reference.
 */
export function computeReference(context: LoopContext): Stage {
  const { run, policy, observer, recipeHash, now } = context;
  return async (state) => {
    const { iteration, arm } = state;
    const training = trainedNow(state);
    if (training === null || state.reference) return null;
    // Decided anew each time: the user may change pairs until the reference is stored.
    const pairs = await decidePairs(context, state, training);
    if (pairs.length === 0) return null;
    const reference: ReferenceLogps[] = [];
    const activity = (): Activity => {
      return { phase: 'reference', work: 'reference', done: reference.length, total: pairs.length, counts: 'pairs' };
    };
    return {
      state,
      activity,
      trains: true,
      async run() {
        await policy.beginIteration(arm);
        const begun = now();
        const size = run.recipe.pairsPerStep;
        for (let first = 0; first < pairs.length; first += size) {
          if (first > 0) observer.activity(state, activity());
          reference.push(...(await policy.logps(arm, pairs.slice(first, first + size))));
        }
        state.referenceSeconds += (now() - begun) / 1000;
        if (!reference.every(({ chosen, rejected }) => Number.isFinite(chosen) && Number.isFinite(rejected))) {
          throw new LabError(
            'not-finite',
            `A reference log-probability of iteration ${iteration}, ${arm} arm, is NaN or infinite.`,
            'Everything before this iteration is saved. Start again with a lower learning rate.',
          );
        }
        // If the user has changed a pair meanwhile, this is not its reference: the next unit computes it again.
        if (!samePairs(pairs, preferencePairs(await editedRollouts(context, training)))) return 'stored';
        const start = { ...(await policy.state(arm)), m: null, v: null, step: 0 };
        await commit(context, { arm, iteration, step: 0, state: start, reference, recipeHash }, null);
        state.reference = reference;
        return 'stored';
      },
    };
  };
}

/** Takes the next optimiser step on the preference loss, and commits the adapter that it left. */
export function preferenceStep(context: LoopContext): Stage {
  const { run, policy, log } = context;
  return async (state) => {
    const { arm, reference } = state;
    const training = trainedNow(state);
    if (training === null || reference === null) return null;
    const pairs = state.pairs ?? (await decidePairs(context, state, training));
    if (state.step === state.batches.length) return null;
    return {
      state,
      activity: () => stepsDone(state, 'train', 'train'),
      trains: true,
      async run() {
        const metrics = await optimiserStep(context, state, run.recipe.learningRate, async (batch, rate) => {
          const some = batch.map((i) => at(pairs, i));
          const references = batch.map((i) => at(reference, i));
          const result = await policy.trainStep(arm, some, references, rate);
          return (place) => stepMetrics(result, place);
        });
        log.addStep(metrics);
        await log.warn(stepWarnings(log.stepsOf(state), run.recipe));
        return 'stored';
      },
    };
  };
}

/** Saves the adapter as this iteration trained it. Without pairs, that is the adapter of the iteration before. */
export function saveAdapter({ run, policy, store }: LoopContext): Stage {
  return (state) => {
    if (trainedNow(state) === null) return null;
    const done = () => (state.adapterSaved ? 1 : 0);
    return {
      state,
      activity: () => ({ phase: 'save', work: null, done: done(), total: 1, counts: 'steps' }),
      async run() {
        const { weights } = await policy.state(state.arm);
        await store.putIterationAdapter(run.id, state.arm, state.iteration, weights);
        state.adapterSaved = true;
        return 'stored';
      },
    };
  };
}

/**
 * The rollouts of the training prompts, with the changes that the user made to their pairs before the training began.
 */
export async function editedRollouts(
  { run, store }: LoopContext,
  training: RolloutBatch,
): Promise<readonly Rollout[]> {
  return withPairEdits(training.all(), await store.pairEdits(run.id), 'early');
}

/**
 * Decides the pairs of an arm iteration and their batches, and warns if something is wrong with them or with the
 * judge.
 */
async function decidePairs(
  context: LoopContext,
  state: ArmIterationState,
  training: RolloutBatch,
): Promise<readonly PreferencePair[]> {
  const { recipe } = context.run;
  const rollouts = await editedRollouts(context, training);
  const pairs = preferencePairs(rollouts);
  state.batches = batches(pairs.length, recipe, state);
  state.pairs = pairs;
  const amounts = { done: pairs.length, total: training.size };
  context.observer.activity(state, { phase: 'pair', work: null, ...amounts, counts: 'pairs' });
  const facts = judgeFacts(rollouts);
  const aboutJudge = facts ? judgeWarnings(facts, recipe, checkableShare(rollouts)) : [];
  await context.log.warn([
    ...rolloutWarnings(rollouts, recipe),
    ...aboutJudge.map((warning) => withPlace(warning, state)),
  ]);
  return pairs;
}

/** Compared by identity: both lists come from the same rollouts. */
const samePairs = (a: readonly PreferencePair[], b: readonly PreferencePair[]): boolean =>
  a.length === b.length &&
  a.every(({ chosenTokens, rejectedTokens }, i) => {
    const other = at(b, i);
    return chosenTokens === other.chosenTokens && rejectedTokens === other.rejectedTokens;
  });
