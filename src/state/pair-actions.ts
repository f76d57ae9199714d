/** What the Pairs place asks of the worker. */
import { LabError, toFailure } from '../lib/errors';
import type { Arm, PairEdit, Rejudgement, StoredJudgement } from '../worker/protocol';
import { attempt } from './actions';
import { lab } from './lab';
import { type SecondOpinion, usePairs } from './pairs';
import { loadRollouts } from './runs';
import { useSession } from './session';

interface Place {
  readonly run: string;
  readonly iteration: number;
  readonly arm: Arm;
}

const isShown = ({ run, iteration, arm }: Place): boolean => {
  const state = usePairs.getState();
  return state.run === run && state.iteration === iteration && state.arm === arm;
};

export async function showPairs(place: Place): Promise<void> {
  const before = usePairs.getState();
  usePairs.setState({
    ...place,
    ...(before.run !== place.run && { edits: [] }),
    ...(!isShown(place) && { rollouts: null, rejudgements: [], compared: null }),
  });
  const [rollouts, edits, rejudgements] = await Promise.all([
    rolloutsOf(place),
    attempt(() => lab().pairEdits(place.run)),
    attempt(() => opinionsOf(place)),
  ]);
  if (isShown(place)) usePairs.setState({ rollouts, edits: edits ?? [], rejudgements: rejudgements ?? [] });
}

/** What a run that goes on has written since. */
export async function refreshPairs(): Promise<void> {
  const { run, iteration, arm, rollouts: before } = usePairs.getState();
  // They are being read.
  if (run === null || before === null) return;
  const place = { run, iteration, arm };
  const rollouts = await rolloutsOf(place);
  if (isShown(place)) usePairs.setState({ rollouts });
}

const rolloutsOf = ({ run, arm, iteration }: Place) => loadRollouts(run, { purpose: 'train', arm, iteration });

async function opinionsOf({ run, iteration, arm }: Place): Promise<SecondOpinion[]> {
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
  if (edit === undefined) return;
  usePairs.setState(({ edits }) => {
    const others = edits.filter((one) => !(one.iteration === iteration && one.arm === arm && one.position === position));
    return { edits: edit === null ? others : [...others, edit] };
  });
}

/** By the judge that the recipe in the Lab names. */
export async function rejudge(): Promise<void> {
  const { run, iteration, arm, rejudging } = usePairs.getState();
  if (run === null || rejudging !== null) return;
  usePairs.setState({ rejudging: { done: 0, total: 0 }, rejudgeFailure: null });
  try {
    const made = await withEntries(await lab().rejudge(run, { iteration, arm }, useSession.getState().recipe));
    if (isShown({ run, iteration, arm })) {
      usePairs.setState(({ rejudgements }) => ({ rejudgements: [made, ...rejudgements], compared: made.id }));
    }
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'cancelled')) usePairs.setState({ rejudgeFailure: toFailure(error) });
  } finally {
    usePairs.setState({ rejudging: null });
  }
}

export const cancelRejudge = () => attempt(() => lab().cancelRejudge());

export async function deleteRejudgement(id: string): Promise<void> {
  const { run } = usePairs.getState();
  if (run === null) return;
  await attempt(() => lab().deleteRejudgement(run, id));
  usePairs.setState(({ rejudgements, compared }) => ({
    rejudgements: rejudgements.filter((one) => one.id !== id),
    compared: compared === id ? null : compared,
  }));
}
