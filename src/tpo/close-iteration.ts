import type { IterationSummary } from '../records/training';
import { stoppedBefore } from './evaluation/best-checkpoint';
import { summarizeSamples } from './evaluation/evaluation-stages';
import { summarizeIteration } from './iteration-summary';
import type { ArmIterationState, LoopContext, Stage } from './stage';
import { editedRollouts } from './training/preference';

/** The last stage of every arm iteration: stores the summaries of its evaluation and its training, and closes it. */
export function closeIteration(context: LoopContext): Stage {
  const { run, log, iterations } = context;
  return (state) => ({
    state,
    activity: () => null,
    async run() {
      if (!state.evaluated) await summarizeSamples(context, state);
      const summary = await summaryOf(context, state);
      if (summary) await log.addIteration(summary);
      iterations.close((which) => !stoppedBefore(run.recipe, log.evaluations, which));
      await storeClosedIterations(context);
      return 'stored';
    },
  });
}

/** Null in iteration 0 without a warm-up, where nothing is trained. */
async function summaryOf(context: LoopContext, state: ArmIterationState): Promise<IterationSummary | null> {
  const { iteration, arm, training, samples } = state;
  const { log } = context;
  if (training === null) return null;
  if (samples !== null) {
    const seconds = { reference: 0, evaluate: 0 };
    const place = { iteration, arm, seconds, samples: samples.length };
    return summarizeIteration(training.all(), log.sftSteps, place);
  }
  const seconds = { reference: state.referenceSeconds, evaluate: log.evaluationOf(state)?.seconds ?? 0 };
  const rollouts = await editedRollouts(context, training);
  return summarizeIteration(rollouts, log.stepsOf(state), { iteration, arm, seconds });
}

/**
 * Stores in the run's summary how many iterations every arm has closed. If all arms stopped early, fewer than the
 * recipe has.
 */
export async function storeClosedIterations({ run, store, log, iterations, emit }: LoopContext): Promise<void> {
  const [next] = iterations.remaining;
  const closed = next
    ? Math.max(0, next.iteration - 1)
    : Math.max(0, ...log.evaluations.map(({ iteration }) => iteration));
  const stored = await store.get(run.id);
  if (stored === null || stored.iterations === closed) return;
  await store.update(run.id, { iterations: closed });
  const updated = await store.get(run.id);
  if (updated) emit({ type: 'run', run: updated });
}
