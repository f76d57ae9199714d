/**
 * The warm-up, for a model that rarely keeps to the thought format: supervised fine-tuning (SFT) on its own
 * well-formed completions (rejection sampling), after the seed model's evaluation and before iteration 1. In the
 * records of a run, it is iteration 0 of the thinking arm.
 */
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import type { Recipe } from '../../recipe/recipe';
import type { Candidate, Rollout } from '../../records/candidates';
import type { SftSample } from '../../records/pairs';
import { malformedReasons } from '../generation/candidate';
import type { RolloutBatch } from '../generation/rollout-batch';
import type { ArmIterationState, LoopContext, Stage } from '../stage';
import { sampleWarnings } from '../warnings/warnings';
import { batches, optimiserStep, sftMetrics, stepsDone } from './optimiser-step';

/**
 * The most samples that one prompt gives. Otherwise easy prompts, which are often well-formed, would dominate the
 * training.
 */
const SAMPLES_PER_PROMPT = 2;

/**
 * Takes the next SFT step of the warm-up on its samples, and commits the adapter that it left.
 * @throws LabError nothing-to-learn: no completion can be trained on
 */
export function sftStep(context: LoopContext): Stage {
  const { run, policy, log } = context;
  return async (state) => {
    const { arm, iteration, training } = state;
    if (iteration > 0 || training === null) return null;
    const samples = state.samples ?? (await chooseSamples(context, state, training));
    if (state.step === state.batches.length) return null;
    return {
      state,
      activity: () => stepsDone(state, 'warm-up', 'sft'),
      trains: true,
      async run() {
        const metrics = await optimiserStep(context, state, run.recipe.sftLearningRate, async (batch, rate) => {
          if (state.step === 0) await policy.beginIteration(arm);
          const result = await policy.sftStep(
            arm,
            batch.map((i) => at(samples, i)),
            rate,
          );
          return (place) => sftMetrics(result, place);
        });
        log.addSftStep(metrics);
        return 'stored';
      },
    };
  };
}

async function chooseSamples(
  { run, log }: LoopContext,
  state: ArmIterationState,
  training: RolloutBatch,
): Promise<readonly SftSample[]> {
  const { recipe } = run;
  const rollouts = training.all();
  const samples = warmUpSamples(rollouts, recipe.seed);
  if (samples.length === 0) throw nothingToLearn(rollouts, recipe);
  state.batches = batches(samples.length, { ...recipe, epochs: recipe.sftEpochs }, state);
  state.samples = samples;
  await log.warn(sampleWarnings(rollouts, samples, recipe));
  return samples;
}

/** Well-formed and with a thought. A response after bare markers would teach the model not to think. */
const isSample = ({ malformed, thought }: Candidate): boolean => malformed === null && thought !== '';

/**
 * The completions that the warm-up trains on, in the order of position. The run's seed decides which of a prompt's
 * completions are taken; equal texts count once.
 */
export function warmUpSamples(rollouts: readonly Rollout[], seed: number): SftSample[] {
  return rollouts.flatMap(({ position, promptTokens, candidates }) => {
    const different = [
      ...new Map(candidates.filter(isSample).map((candidate) => [candidate.text, candidate])).values(),
    ];
    const order = new Random(seed, `warm-up/${position}`).permutation(different.length);
    return order
      .slice(0, SAMPLES_PER_PROMPT)
      .map((i) => ({ position, promptTokens, tokens: at(different, i).tokens }));
  });
}

/** The error that ends a run whose warm-up found nothing to train on. @param rollouts all of the warm-up */
function nothingToLearn(rollouts: readonly Rollout[], { maxNewTokens }: Pick<Recipe, 'maxNewTokens'>): LabError {
  const candidates = rollouts.flatMap((rollout) => rollout.candidates);
  const wellFormed = candidates.filter(({ malformed }) => malformed === null).length;
  const reasons = [
    ...malformedReasons(candidates, maxNewTokens),
    ...(wellFormed > 0 ? [`${wellFormed} with a response and no thought`] : []),
  ];
  return new LabError(
    'nothing-to-learn',
    `The warm-up found no completion to imitate among ${candidates.length}: ${reasons.join(', ')}.`,
    'The completions are kept. Start again with another thought prompt, longer completions or a larger model.',
  );
}
