/** The stages that generate and judge: candidates to train on, held-out samples, and completions of the warm-up. */
import { judgeFacts } from '../judging/judge-facts';
import { NO_VOTES, type Votes, votesOf } from '../judging/votes';
import type { Activity, ArmIterationState, LoopContext, Stage, Unit } from '../stage';
import type { RolloutBatch } from './rollout-batch';

/** The shortest time between two `judge-facts` events of an arm iteration that is under way, in milliseconds. */
const FACTS_INTERVAL = 2000;

/**
 * Iterations 1 … N: generates the candidates of the training prompts and has them judged. If the judge is a person, it
 * waits for the votes, and generates the candidates of the other arm in the meantime: the arms have nothing in common
 * but the prompts.
 */
export function generateCandidates(context: LoopContext): Stage {
  const emitFacts = judgeFactsEmitter(context);
  return async (state) => {
    const { training } = state;
    if (training === null || state.iteration === 0) return null;
    const votes = training.ungenerated === 0 ? await votesFor(context, state) : NO_VOTES;
    if (!training.waitsFor(votes)) return rolloutUnit(context, state, training, votes, emitFacts);
    const following = await context.iterations.following();
    const other = following && following.arm !== state.arm ? following : null;
    if (other?.training && other.training.ungenerated > 0)
      return rolloutUnit(context, other, other.training, NO_VOTES, emitFacts);
    return waitForVotes(state, training, votes);
  };
}

/** Every iteration: generates the samples of the held-out prompts and has them judged. */
export function generateHeldoutSamples(context: LoopContext): Stage {
  return (state) => rolloutUnit(context, state, state.evaluation);
}

/**
 * The warm-up in iteration 0: generates the completions among which it finds those to train on. They are not judged.
 */
export function generateWarmUp(context: LoopContext): Stage {
  return (state) => (state.iteration === 0 && state.training ? rolloutUnit(context, state, state.training) : null);
}

/** Takes one prompt of the batch a step further; null if all its prompts are finished. */
function rolloutUnit(
  context: LoopContext,
  state: ArmIterationState,
  batch: RolloutBatch,
  votes: Votes = NO_VOTES,
  stored: (state: ArmIterationState, batch: RolloutBatch) => void = () => {},
): Unit | null {
  if (batch.unfinished === 0) return null;
  const { run, store, emit, observer } = context;
  const generates = batch.ungenerated > 0;
  const phase = !generates ? 'judge' : batch.purpose === 'evaluate' ? 'evaluate' : 'generate';
  const activity = (): Activity => {
    const left = generates ? batch.ungenerated : batch.unfinished;
    return { phase, work: phase, done: batch.size - left, total: batch.size, counts: 'prompts' };
  };
  const judging = () => {
    if (phase === 'generate') observer.activity(state, { ...activity(), phase: 'judge' });
  };
  return {
    state,
    activity,
    async run(generateAhead) {
      const rollouts = await batch.next(generateAhead, votes, judging);
      if (rollouts === null) return 'interrupted';
      if (!generateAhead) await batch.interrupt();
      for (const rollout of rollouts) {
        await store.putRollout(run.id, rollout);
        emit({ type: 'rollout', rollout });
      }
      stored(state, batch);
      if (batch.ballots().length > 0) emit({ type: 'ballots', runId: run.id, waiting: await ballotsWaiting(context) });
      return 'stored';
    },
  };
}

function waitForVotes(state: ArmIterationState, training: RolloutBatch, votes: Votes): Unit {
  const ballots = training.ballots();
  const done = ballots.filter(({ position }) => votes.has(position)).length;
  return {
    state,
    activity: () => ({ phase: 'vote', work: null, done, total: ballots.length, counts: 'prompts' }),
    run: async () => 'waiting',
  };
}

/** The votes cast on an arm iteration. Empty, without a look at the store, if it has no ballots. */
async function votesFor({ store, run }: LoopContext, state: ArmIterationState): Promise<Votes> {
  const hasBallots = state.training !== null && state.training.ballots().length > 0;
  return hasBallots ? votesOf(await store.votes(run.id), state) : NO_VOTES;
}

/** The number of ballots without a vote, over all open arm iterations. */
async function ballotsWaiting(context: LoopContext): Promise<number> {
  let waiting = 0;
  for (const state of context.iterations.open) {
    const votes = await votesFor(context, state);
    waiting += state.training?.ballots().filter(({ position }) => !votes.has(position)).length ?? 0;
  }
  return waiting;
}

/**
 * Emits what is known about the judge while its arm iteration is under way. Not after every prompt, because all
 * earlier rollouts are looked at each time.
 */
function judgeFactsEmitter({ emit, now }: LoopContext) {
  let last = Number.NEGATIVE_INFINITY;
  return ({ iteration, arm }: ArmIterationState, batch: RolloutBatch): void => {
    if (batch.unfinished > 0 && now() - last < FACTS_INTERVAL) return;
    const facts = judgeFacts(batch.generated());
    if (facts === null) return;
    last = now();
    emit({ type: 'judge-facts', iteration, arm, facts });
  };
}
