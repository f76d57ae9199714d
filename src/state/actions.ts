/** What the page asks of the worker. Whatever is refused becomes the session's failure, said where it happened. */
import { type Failure, LabError, toFailure } from '../lib/errors';
import type { Arm } from '../recipe/recipe';
import type { RunDetail } from '../records/runs';
import { receive } from './intake';
import { lab } from './lab';
import { useModels } from './models';
import { rollouts } from './rollout-log';
import { fromDetail, isActive, useRun } from './run';
import { setDevice, useSession } from './session';
import { steps } from './step-log';

/** While the reader types, the estimate waits. */
const ESTIMATE_MS = 250;

export function fail(failure: Failure): void {
  useSession.setState({ failure });
}

/** Does it, or shows why not. Resolves to undefined where it failed. */
export async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    fail(toFailure(error));
    useRun.setState({ asked: null });
    return undefined;
  }
}

/** Once, when the page begins: listens, looks for the device and for a run to show. Starts nothing. */
export async function begin(): Promise<void> {
  useRun.subscribe((now, before) => {
    if (now.elsewhere !== before.elsewhere) void showCurrent();
  });
  await attempt(() => lab().listen(receive));
  const shown = showCurrent();
  void refreshStorage();
  void refreshPromptSets();
  const found = await attempt(() => lab().device());
  await shown;
  if (found?.ok === true) setDevice(found.device);
  else if (found !== undefined) useSession.setState({ noDevice: found.failure });
  useSession.setState({ starting: false });
  followEstimate();
}

async function showCurrent(): Promise<void> {
  const detail = await attempt(() => lab().current());
  if (detail) await showDetail(detail);
}

/** Puts a stored run into the Lab: its curves at once, its candidates as they are read. */
async function showDetail(detail: RunDetail): Promise<void> {
  if (isActive(useRun.getState())) return;
  // Of a run that another tab runs, progress is heard and not stored.
  const { elsewhere, progress } = useRun.getState();
  useRun.setState({
    ...fromDetail(detail),
    ...(elsewhere === detail.summary.id && progress !== null && { progress }),
  });
  steps.reset(detail.steps);
  const stored = await attempt(() => lab().rollouts(detail.summary.id, {}));
  if (stored !== undefined && useRun.getState().run?.id === detail.summary.id) rollouts.reset(stored);
}

/** Also where the recipe is the same, and more is known of what it takes. */
export async function askEstimate(): Promise<void> {
  const { recipe, noDevice, fault } = useSession.getState();
  if (noDevice !== null || fault !== null) return;
  const estimate = await attempt(() => lab().estimate(recipe));
  if (estimate !== undefined && useSession.getState().recipe === recipe) useSession.setState({ estimate });
}

let following = false;
function followEstimate(): void {
  if (following) return;
  following = true;
  let timer: ReturnType<typeof setTimeout>;
  useSession.subscribe((now, before) => {
    if (now.recipe === before.recipe) return;
    clearTimeout(timer);
    timer = setTimeout(askEstimate, ESTIMATE_MS);
  });
  void askEstimate();
}

export async function startRun(): Promise<void> {
  const { recipe } = useSession.getState();
  useSession.setState({ failure: null });
  useRun.setState({ asked: 'start' });
  useModels.setState({ chosen: null });
  void attempt(async () => useSession.setState({ storage: await lab().persist() }));
  await attempt(() => lab().start(recipe));
}

export async function resumeRun(runId: string): Promise<void> {
  useSession.setState({ failure: null });
  useRun.setState({ asked: 'start' });
  if (useRun.getState().run?.id !== runId) {
    const detail = await attempt(() => lab().run(runId));
    if (detail === undefined) return;
    await showDetail(detail);
  }
  await attempt(() => lab().resume(runId));
}

export async function pauseRun(): Promise<void> {
  useRun.setState({ asked: 'pause' });
  await attempt(() => lab().pause());
}

export async function unpauseRun(): Promise<void> {
  useRun.setState({ asked: null });
  await attempt(() => lab().unpause());
}

export async function stepOnce(): Promise<void> {
  useRun.setState({ asked: 'step' });
  await attempt(() => lab().stepOnce());
  if (useRun.getState().asked === 'step') useRun.setState({ asked: null });
}

export async function stopRun(): Promise<void> {
  useRun.setState({ asked: 'stop' });
  await attempt(() => lab().stop());
  void refreshStorage();
}

export async function refreshPromptSets(): Promise<void> {
  await attempt(async () => useSession.setState({ promptSets: await lab().promptSets() }));
}

export async function refreshStorage(): Promise<void> {
  await attempt(async () => useSession.setState({ storage: await lab().storage() }));
}

export const exportAdapter = (runId: string, arm: Arm, iteration?: number) =>
  attempt(() => lab().exportAdapter(runId, arm, iteration));
export const exportEvaluations = (runId: string) => attempt(() => lab().exportEvaluations(runId));
/** Undefined, and said, where there is nothing to save. */
export const exportPairs = (runId: string) =>
  attempt(async () => {
    const text = await lab().exportPairs(runId);
    if (text !== '') return text;
    throw new LabError(
      'not-found',
      'There are no pairs to export.',
      'Nothing was saved: no prompt of this run has a pair yet, or every one is left out.',
    );
  });
export const exportMetrics = (runId: string) => attempt(() => lab().exportMetrics(runId));
