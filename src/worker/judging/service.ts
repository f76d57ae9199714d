import type { OpenJudge } from '../../judges/judge';
import type { JudgeContext } from '../../judges/opening';
import { type Once, once } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { parseRecipe } from '../../recipe/faults';
import type { Arm, Recipe } from '../../recipe/recipe';
import type { Ballot, Ballots, RejudgedPair, Rejudgement, StoredJudgement, Vote } from '../../records/judgements';
import type { JudgeState, JudgeTrial, JudgeTrialResult } from '../../records/judges';
import type { PairEdit } from '../../records/pairs';
import type { RunLock } from '../../storage/runs/run-lock';
import type { PolicyFactory } from '../../tpo/policy';
import type { RunStore } from '../../tpo/store';
import type { EventFeed } from '../events/event-feed';
import { load } from '../lazy-modules';
import type { ShortTasks } from '../runs/short-tasks';
import type { JudgeTimes } from './judge-times';

export interface JudgingParts {
  readonly store: RunStore;
  readonly lock: Pick<RunLock, 'holder'>;
  readonly feed: Pick<EventFeed, 'emit' | 'emitHere'>;
  readonly tasks: Pick<ShortTasks, 'add' | 'begin'>;
  readonly judgeTimes: Pick<Once<Pick<JudgeTimes, 'put'>>, 'get'>;
  readonly openPolicy: PolicyFactory;
  openJudge(recipe: Recipe, context: JudgeContext): Promise<OpenJudge>;
  /** Called after a vote on any run. */
  voted(runId: string): void;
  /** A monotonic clock in milliseconds. */
  now(): number;
}

/** Judging that a run does not do by itself: votes, trials of a judge, other judges, and pairs edited by hand. */
export function judgingService({ store, lock, feed, tasks, judgeTimes, voted, ...opening }: JudgingParts) {
  const trialParts = {
    ...opening,
    beforePolicy: () => tasks.begin('judging'),
    onLoading: (state: JudgeState | null) => feed.emitHere({ type: 'judge', state }),
    timed: async (recipe: Recipe, seconds: number) => (await judgeTimes.get()).put(recipe, seconds),
  };
  const trials = once(async () => new (await load.judgeTrials()).JudgeTrials(trialParts));
  const rejudger = once(async () => {
    const { Rejudger } = await load.rejudger();
    const onProgress = (done: number, total: number) => feed.emitHere({ type: 'rejudge', done, total });
    return new Rejudger({ ...trialParts, store, onProgress });
  });
  const votes = once(async () => {
    const { Votes } = await load.votes();
    return new Votes({
      store,
      onVote(runId, waiting) {
        feed.emit({ type: 'ballots', runId, waiting });
        voted(runId);
      },
    });
  });
  const pairs = once(async () => new (await load.pairEditor()).PairEditor(store));

  tasks.add('judging', () =>
    Promise.all([trials.begun().then((begun) => begun?.cancel()), rejudger.begun().then((begun) => begun?.giveWay())]),
  );

  return {
    /**
     * Judges two responses and the control rows, and stores nothing. It is cancelled by another trial and by a run
     * that starts.
     * @throws LabError judge-failed, cancelled, bad-recipe: a person judges; running-elsewhere: the judge is `self`,
     * and a run is running
     */
    tryJudge: async (recipe: Recipe, trial: JudgeTrial): Promise<JudgeTrialResult> =>
      (await trials.get()).take(parseRecipe(recipe), trial),

    /** Resolves when the trial's judge is closed. */
    cancelTrial: async (): Promise<void> => (await trials.begun())?.cancel(),

    /**
     * The prompts that wait for a person's vote. The votes of an iteration are used, and can no longer be taken back,
     * once the last of them is cast.
     * @throws LabError not-found
     */
    ballots: async (runId: string): Promise<Ballots> => (await votes.get()).ballots(runId),

    /** The run need not be running. @param ballot its id. @throws LabError not-found */
    vote: async (runId: string, ballot: string, vote: Vote): Promise<void> =>
      (await votes.get()).vote(runId, ballot, vote),

    /**
     * Takes back the last vote and returns its ballot; null if no vote can be taken back.
     * @throws LabError not-found
     */
    undoVote: async (runId: string): Promise<Ballot | null> => (await votes.get()).undo(runId),

    /**
     * Lets another judge score the candidates of an iteration. The run's own scores and pairs stay as they are. If it
     * is cancelled or fails, what was judged before that is kept.
     * @param of the iteration and arm whose candidates are judged
     * @param recipe names the judge
     * @throws LabError not-found, judge-failed, bad-recipe: a person judges; cancelled: before the first prompt;
     * running-elsewhere: a run is running in another tab, or in this one and the judge is `self`
     */
    async rejudge(
      runId: string,
      of: { readonly iteration: number; readonly arm: Arm },
      recipe: Recipe,
    ): Promise<Rejudgement> {
      const parsed = parseRecipe(recipe);
      if ((await lock.holder())?.here === false) {
        throw new LabError('running-elsewhere', 'A run is running in another tab.', 'Stop it first, or let it end.');
      }
      return (await rejudger.get()).judge(runId, of, parsed);
    },

    /** Resolves when the other judge is closed. */
    cancelRejudge: async (): Promise<void> => (await rejudger.begun())?.cancel(),

    /** The results of other judges, the newest first. */
    rejudgements: (runId: string): Promise<readonly Rejudgement[]> => store.rejudgements(runId),

    /** The scores and pairs of another judge, ordered by position. */
    rejudgedPairs: (runId: string, id: string): Promise<readonly RejudgedPair[]> => store.rejudgedPairs(runId, id),

    /** Another judge's judgement of one prompt. Null if it has not judged the prompt. */
    rejudgedJudgement: (runId: string, id: string, position: number): Promise<StoredJudgement | null> =>
      store.rejudgedJudgement(runId, id, position),

    deleteRejudgement: (runId: string, id: string): Promise<void> => store.deleteRejudgement(runId, id),

    /**
     * Changes the pair of a prompt by hand. An edit made before its iteration begins to train changes what is trained
     * on; a later one changes only what is exported.
     * @param prompt whose pair is changed
     * @param pair null undoes the edit
     * @returns the edit that is in effect now
     * @throws LabError not-found
     */
    editPair: async (
      runId: string,
      prompt: { readonly iteration: number; readonly arm: Arm; readonly position: number },
      pair: PairEdit['pair'] | null,
    ): Promise<PairEdit | null> => (await pairs.get()).edit(runId, prompt, pair),

    pairEdits: async (runId: string): Promise<readonly PairEdit[]> => (await pairs.get()).edits(runId),
  };
}
