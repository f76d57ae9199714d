/**
 * The stages that evaluate a policy on its held-out samples: a relative judge compares them with other policies'
 * samples, then they are summed up in one evaluation with win rates.
 */
import { Random } from '../../lib/random';
import type { ArmIteration, Rollout } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import { hasWarmUp, otherArm } from '../arm-iterations';
import type { Activity, ArmIterationState, LoopContext, Stage } from '../stage';
import { checkableShare, judgeWarnings } from '../warnings/judge-warnings';
import { withPlace } from '../warnings/warnings';
import { earlyStopWarning, stoppedBefore } from './best-checkpoint';
import { categoryDifferences } from './category-differences';
import { compared, evaluationFacts, type Opponent, uncompared } from './comparing';
import { summarizeEvaluation } from './evaluation';
import { matches, winRate } from './win-rate';

/**
 * If the evaluation's judge is relative: compares the held-out samples of one prompt with those of the seed model and
 * of the other arm.
 */
export function compareSamples(context: LoopContext): Stage {
  const { run, store, evaluationJudge, emit, now } = context;
  let cached: { readonly state: ArmIterationState; readonly opponents: readonly Opponent[] } | null = null;
  return async (state) => {
    if (!evaluationJudge.relative || state.evaluated) return null;
    if (cached?.state !== state) cached = { state, opponents: await opponentsOf(context, state) };
    const { opponents } = cached;
    const { evaluation } = state;
    const [next] = uncompared(evaluation.all(), opponents);
    if (next === undefined) return null;
    const activity = (): Activity => {
      const rollouts = evaluation.all();
      const done = evaluation.size - uncompared(rollouts, opponents).length;
      const workDone = rollouts.reduce((sum, { comparisons }) => sum + comparisons.length, 0);
      return { phase: 'judge', work: 'compare', done, total: evaluation.size, counts: 'prompts', workDone };
    };
    return {
      state,
      activity,
      async run() {
        // All samples are generated, but the policy may not be idle yet.
        if (evaluationJudge.pace === 'policy-idle') await evaluation.interrupt();
        const rollout = await compared(next, opponents, evaluationJudge, now);
        await store.putRollout(run.id, rollout);
        evaluation.replace(rollout);
        emit({ type: 'rollout', rollout });
        return 'stored';
      },
    };
  };
}

/** Sums up the seed model's evaluation before the warm-up changes the model. */
export function summarizeBeforeWarmUp(context: LoopContext): Stage {
  return (state) => {
    if (!hasWarmUp(context.run.recipe, state) || state.evaluated) return null;
    const run = async () => {
      await summarizeSamples(context, state);
      return 'stored' as const;
    };
    return { state, activity: () => null, run };
  };
}

/**
 * Sums up the held-out samples of an arm iteration and stores the evaluation. If the thinking arm has been evaluated
 * first, the direct arm completes that evaluation with the comparison between the arms.
 */
export async function summarizeSamples(context: LoopContext, state: ArmIterationState): Promise<void> {
  const { run, log, evaluationJudge } = context;
  const { recipe } = run;
  const { iteration, arm } = state;
  const own = state.evaluation.all();
  const relative = evaluationJudge.relative === true;
  const summary = summarizeEvaluation(own, { iteration, arm, seed: recipe.seed, relative });
  const evaluation = await withJudgeFacts(context, await withWinRates(context, summary, own), own);
  const other = log.evaluationOf({ iteration, arm: otherArm(arm) });
  // First: if this is interrupted, the arm iteration is summed up again.
  if (arm === 'direct' && other) {
    const thinking = await rolloutsOf(context, other);
    await log.putEvaluation(withDirectArm(context, other, thinking, own));
  }
  await log.addEvaluation(evaluation);
  const next = { iteration: iteration + 1, arm };
  if (next.iteration <= recipe.iterations && stoppedBefore(recipe, log.evaluations, next))
    await log.warn(earlyStopWarning(log.evaluations, arm));
  state.evaluated = true;
}

/** Adds how reliable the evaluation's judge is, and warns about it, if it is not the judge of the training. */
async function withJudgeFacts(
  context: LoopContext,
  evaluation: Evaluation,
  own: readonly Rollout[],
): Promise<Evaluation> {
  const { run, log, judge, evaluationJudge } = context;
  if (judge === evaluationJudge) return evaluation;
  const opponents = evaluationJudge.relative ? await opponentsOf(context, evaluation) : null;
  const judgeFacts = evaluationFacts(own, opponents);
  if (judgeFacts === null) return evaluation;
  const warnings = judgeWarnings(judgeFacts, run.recipe, checkableShare(own), 'evaluation');
  await log.warn(warnings.map((warning) => withPlace(warning, evaluation)));
  return { ...evaluation, judgeFacts };
}

/** Adds the win rate against the seed model and, to the thinking arm's evaluation, against the direct arm. */
async function withWinRates(context: LoopContext, summary: Evaluation, own: readonly Rollout[]): Promise<Evaluation> {
  const { iteration, arm } = summary;
  const relative = context.evaluationJudge.relative === true;
  let evaluation = summary;
  if (iteration > 0) {
    const seed = await rolloutsOf(context, { iteration: 0, arm });
    const rate = winRate('seed', matches(own, seed, relative), () => bootstrap(context, 'seed', summary));
    if (rate) evaluation = { ...summary, winRates: [rate] };
  }
  const direct = { iteration, arm: 'direct' } as const;
  if (arm === 'direct' || !context.log.evaluationOf(direct)) return evaluation;
  return withDirectArm(context, evaluation, own, await rolloutsOf(context, direct));
}

/**
 * Adds to the thinking arm's evaluation how it compares with the direct arm after the same iteration.
 * @param thinking held-out rollouts of the thinking arm
 * @param direct held-out rollouts of the direct arm
 */
function withDirectArm(
  context: LoopContext,
  evaluation: Evaluation,
  thinking: readonly Rollout[],
  direct: readonly Rollout[],
): Evaluation {
  const relative = context.evaluationJudge.relative === true;
  const rate = winRate('direct', matches(thinking, direct, relative), () => bootstrap(context, 'direct', evaluation));
  const differences = categoryDifferences(thinking, direct, relative, (name) =>
    bootstrap(context, `difference/${name}`, evaluation),
  );
  return {
    ...evaluation,
    winRates: [...evaluation.winRates.filter(({ against }) => against !== 'direct'), ...(rate ? [rate] : [])],
    ...(differences && { differences }),
  };
}

/**
 * The random numbers of a bootstrap. They depend on the recipe's seed, so that the same rollouts give the same
 * intervals.
 */
const bootstrap = ({ run }: LoopContext, what: string, { iteration, arm }: ArmIteration): Random =>
  new Random(run.recipe.seed, `bootstrap/${what}/${arm}/${iteration}`);

/**
 * The policies that a relative judge compares an arm iteration with: the seed model, and the other arm if it has been
 * evaluated already.
 */
async function opponentsOf(context: LoopContext, { iteration, arm }: ArmIteration): Promise<readonly Opponent[]> {
  const other = { iteration, arm: otherArm(arm) };
  const places: ArmIteration[] = [
    ...(iteration > 0 ? [{ iteration: 0, arm }] : []),
    ...(context.log.evaluationOf(other) ? [other] : []),
  ];
  return Promise.all(places.map(async (place) => ({ place, rollouts: await rolloutsOf(context, place) })));
}

const rolloutsOf = ({ run, store }: LoopContext, { iteration, arm }: ArmIteration): Promise<readonly Rollout[]> =>
  store.rollouts(run.id, { purpose: 'evaluate', iteration, arm });
