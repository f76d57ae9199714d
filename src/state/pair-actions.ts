/** What the Pairs place asks of the worker. */
import { type Failure, LabError, toFailure } from '../lib/errors';
import type { Rejudgement, StoredJudgement } from '../records/judgements';
import type { PairEdit } from '../records/pairs';
import { attempt, fail } from './actions';
import { deleteSoon, undo } from './delete-soon';
import { lab } from './lab';
import { isOf, type PairsPlace, type SecondOpinion, usePairs, withNews } from './pairs';
import { rollouts } from './rollout-log';
import { useRun } from './run';
import { loadRollouts } from './runs';
import { useSession } from './session';

const isShown = ({ run, purpose, iteration, arm }: PairsPlace): boolean => {
  const state = usePairs.getState();
  return state.run === run && state.purpose === purpose && state.iteration === iteration && state.arm === arm;
};

/** Edits of this page so far: a list that was asked for before the last of them is older than what is shown. */
let edited = 0;

/** Reads it once; what a run that goes on adds comes by `pairsNews`. */
export async function showPairs(place: PairsPlace): Promise<void> {
  const before = usePairs.getState();
  const unedited = edited;
  usePairs.setState({
    ...place,
    ...(!isShown(place) && { rollouts: null, rejudgeFailure: null, rejudgements: [], compared: null }),
    ...(before.run !== place.run && { edits: [] }),
  });
  const [read, edits, rejudgements] = await Promise.all([
    loadRollouts(place.run, { purpose: place.purpose, arm: place.arm, iteration: place.iteration }),
    attempt(() => lab().pairEdits(place.run)),
    attempt(() => opinionsOf(place)),
  ]);
  if (!isShown(place)) return;
  usePairs.setState({
    rollouts: withNews(read, heard(place)),
    rejudgements: rejudgements ?? [],
    ...(edited === unedited && { edits: edits ?? [] }),
  });
}

/** Of the run in the Lab: what came while the rest was read. */
function heard(place: PairsPlace) {
  if (useRun.getState().run?.id !== place.run) return [];
  return rollouts.entries.flatMap(({ rollout }) => (rollout !== null && isOf(rollout, place) ? [rollout] : []));
}

async function opinionsOf({ run, iteration, arm }: PairsPlace): Promise<SecondOpinion[]> {
  const all = await lab().rejudgements(run);
  return Promise.all(all.filter((one) => one.iteration === iteration && one.arm === arm).map(withEntries));
}

const withEntries = async (one: Rejudgement): Promise<SecondOpinion> => ({
  ...one,
  entries: await lab().rejudgedPairs(one.runId, one.id),
});

/** What the other judge said of a prompt. */
export async function loadOtherWords({ runId, id }: SecondOpinion, position: number): Promise<StoredJudgement | null> {
  return (await attempt(() => lab().rejudgedWords(runId, id, position))) ?? null;
}

export async function editPair(position: number, pair: PairEdit['pair'] | null): Promise<void> {
  const { run, iteration, arm } = usePairs.getState();
  if (run === null) return;
  const edit = await attempt(() => lab().editPair(run, { iteration, arm, position }, pair));
  if (edit === undefined || usePairs.getState().run !== run) return;
  edited += 1;
  usePairs.setState(({ edits }) => {
    const others = edits.filter(
      (one) => !(one.iteration === iteration && one.arm === arm && one.position === position),
    );
    return { edits: edit === null ? others : [...others, edit] };
  });
}

/** By the judge that the recipe in the Lab names. What it had judged when it failed or was cancelled is kept, and shown. */
export async function rejudge(): Promise<void> {
  const { run, iteration, arm, rejudging, rejudgements: before } = usePairs.getState();
  if (run === null || rejudging !== null) return;
  usePairs.setState({ rejudging: { done: 0, total: 0 }, rejudgeFailure: null });
  let failure: Failure | null = null;
  try {
    await lab().rejudge(run, { iteration, arm }, useSession.getState().recipe);
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'cancelled')) failure = toFailure(error);
  }
  const place = { run, purpose: 'train', iteration, arm } as const;
  const rejudgements = await attempt(() => opinionsOf(place));
  const made = rejudgements?.find(({ id }) => before.every((one) => one.id !== id));
  if (failure !== null && made !== undefined) {
    const kept = `What it had judged is kept: ${made.done} of ${made.total} prompts.`;
    failure = { ...failure, advice: `${failure.advice} ${kept}`.trim() };
  }
  usePairs.setState({ rejudging: null });
  if (isShown(place)) {
    usePairs.setState({
      rejudgeFailure: failure,
      ...(rejudgements && { rejudgements }),
      ...(made && { compared: made.id }),
    });
  } else if (failure !== null) fail(failure);
}

export const cancelRejudge = () => attempt(() => lab().cancelRejudge());

export function deleteRejudgement(id: string): void {
  const { run } = usePairs.getState();
  if (run === null) return;
  deleteSoon(usePairs, id, async () => {
    await attempt(() => lab().deleteRejudgement(run, id));
    usePairs.setState(({ rejudgements }) => ({ rejudgements: rejudgements.filter((one) => one.id !== id) }));
  });
  usePairs.setState(({ compared }) => ({ compared: compared === id ? null : compared }));
}

export const undoDeleteRejudgement = (id: string) => undo(usePairs, id);
