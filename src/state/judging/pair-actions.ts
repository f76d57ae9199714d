/** Reads, edits and re-judges pairs for the Pairs page. */
import { type Failure, LabError, toFailure } from '../../lib/errors';
import type { Rejudgement, StoredJudgement } from '../../records/judgements';
import type { PairEdit } from '../../records/pairs';
import { lab } from '../lab';
import { currentRunStore } from '../runs/current-run';
import { rollouts } from '../runs/rollout-store';
import { loadRollouts } from '../runs/stored-runs';
import { sessionStore } from '../session/session';
import { attempt, fail } from '../session/session-actions';
import { deleteWithUndo, undoDelete } from '../undoable-delete';
import { isOf, mergeRollouts, type PairsPlace, pairsStore, type RejudgedIteration } from './pairs';

const isShown = ({ run, purpose, iteration, arm }: PairsPlace): boolean => {
  const state = pairsStore.getState();
  return state.run === run && state.purpose === purpose && state.iteration === iteration && state.arm === arm;
};

/**
 * Edits made since the page was opened. A list that was requested before the last edit is outdated and is not shown.
 */
let edited = 0;

/** Reads the prompts of an iteration and arm once. `updatePairs` adds what an active run generates afterwards. */
export async function showPairs(place: PairsPlace): Promise<void> {
  const before = pairsStore.getState();
  const unedited = edited;
  pairsStore.setState({
    ...place,
    ...(!isShown(place) && { rollouts: null, rejudgeFailure: null, rejudgements: [], compared: null }),
    ...(before.run !== place.run && { edits: [] }),
  });
  const [read, edits, rejudgements] = await Promise.all([
    loadRollouts(place.run, { purpose: place.purpose, arm: place.arm, iteration: place.iteration }),
    attempt(() => lab().pairEdits(place.run)),
    attempt(() => loadRejudgements(place)),
  ]);
  if (!isShown(place)) return;
  pairsStore.setState({
    rollouts: mergeRollouts(read, receivedMeanwhile(place)),
    rejudgements: rejudgements ?? [],
    ...(edited === unedited && { edits: edits ?? [] }),
  });
}

/** Rollouts of the run in the Lab that arrived while the stored ones were being read. */
function receivedMeanwhile(place: PairsPlace) {
  if (currentRunStore.getState().run?.id !== place.run) return [];
  return rollouts.entries.flatMap(({ rollout }) => (rollout !== null && isOf(rollout, place) ? [rollout] : []));
}

async function loadRejudgements({ run, iteration, arm }: PairsPlace): Promise<RejudgedIteration[]> {
  const all = await lab().rejudgements(run);
  return Promise.all(all.filter((one) => one.iteration === iteration && one.arm === arm).map(withEntries));
}

const withEntries = async (one: Rejudgement): Promise<RejudgedIteration> => ({
  ...one,
  entries: await lab().rejudgedPairs(one.runId, one.id),
});

/** Loads the calls and replies of the other judge for a prompt. */
export async function loadOtherJudgement(
  { runId, id }: RejudgedIteration,
  position: number,
): Promise<StoredJudgement | null> {
  return (await attempt(() => lab().rejudgedJudgement(runId, id, position))) ?? null;
}

export async function editPair(position: number, pair: PairEdit['pair'] | null): Promise<void> {
  const { run, iteration, arm } = pairsStore.getState();
  if (run === null) return;
  const edit = await attempt(() => lab().editPair(run, { iteration, arm, position }, pair));
  if (edit === undefined || pairsStore.getState().run !== run) return;
  edited += 1;
  pairsStore.setState(({ edits }) => {
    const others = edits.filter(
      (one) => !(one.iteration === iteration && one.arm === arm && one.position === position),
    );
    return { edits: edit === null ? others : [...others, edit] };
  });
}

/**
 * Judges the iteration again with the judge of the recipe. When it fails or is cancelled, what it has judged so far
 * is kept.
 */
export async function rejudge(): Promise<void> {
  const { run, iteration, arm, rejudging, rejudgements: before } = pairsStore.getState();
  if (run === null || rejudging !== null) return;
  pairsStore.setState({ rejudging: { done: 0, total: 0 }, rejudgeFailure: null });
  let failure: Failure | null = null;
  try {
    await lab().rejudge(run, { iteration, arm }, sessionStore.getState().recipe);
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'cancelled')) failure = toFailure(error);
  }
  const place = { run, purpose: 'train', iteration, arm } as const;
  const rejudgements = await attempt(() => loadRejudgements(place));
  const made = rejudgements?.find(({ id }) => before.every((one) => one.id !== id));
  if (failure !== null && made !== undefined) {
    const kept = `Its verdicts on ${made.done} of ${made.total} prompts are kept.`;
    failure = { ...failure, advice: `${failure.advice} ${kept}`.trim() };
  }
  pairsStore.setState({ rejudging: null });
  if (isShown(place)) {
    pairsStore.setState({
      rejudgeFailure: failure,
      ...(rejudgements && { rejudgements }),
      ...(made && { compared: made.id }),
    });
  } else if (failure !== null) fail(failure);
}

export const cancelRejudge = () => attempt(() => lab().cancelRejudge());

export function deleteRejudgement(id: string): void {
  const { run } = pairsStore.getState();
  if (run === null) return;
  deleteWithUndo(pairsStore, id, async () => {
    await attempt(() => lab().deleteRejudgement(run, id));
    pairsStore.setState(({ rejudgements }) => ({ rejudgements: rejudgements.filter((one) => one.id !== id) }));
  });
  pairsStore.setState(({ compared }) => ({ compared: compared === id ? null : compared }));
}

export const undoDeleteRejudgement = (id: string) => undoDelete(pairsStore, id);
