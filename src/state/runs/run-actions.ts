/** Starts, controls, shows and exports runs. */
import { LabError } from '../../lib/errors';
import type { Arm } from '../../recipe/recipe';
import type { RunDetail } from '../../records/runs';
import { lab } from '../lab';
import { modelsStore } from '../models/models';
import { sessionStore } from '../session/session';
import { attempt, persistStorage, refreshStorage } from '../session/session-actions';
import { currentRunStore, fromDetail, isActive } from './current-run';
import { rollouts } from './rollout-store';
import { steps } from './step-store';

/** Shows the active run or, if there is none, the newest one. */
export async function showCurrentRun(): Promise<void> {
  const detail = await attempt(() => lab().current());
  if (detail) await showRun(detail);
}

/** Shows a stored run in the Lab: its curves at once, its candidates when they have been read. */
async function showRun(detail: RunDetail): Promise<void> {
  if (isActive(currentRunStore.getState())) return;
  // The progress of a run in another tab arrives as events and is not stored.
  const { otherTab, progress } = currentRunStore.getState();
  currentRunStore.setState({
    ...fromDetail(detail),
    ...(otherTab === detail.summary.id && progress !== null && { progress }),
  });
  steps.reset(detail.steps);
  const stored = await attempt(() => lab().rollouts(detail.summary.id, {}));
  if (stored !== undefined && currentRunStore.getState().run?.id === detail.summary.id) rollouts.reset(stored);
}

export async function startRun(): Promise<void> {
  const { recipe } = sessionStore.getState();
  sessionStore.setState({ failure: null });
  currentRunStore.setState({ asked: 'start' });
  modelsStore.setState({ chosen: null });
  void persistStorage();
  await attempt(() => lab().start(recipe));
}

export async function resumeRun(runId: string): Promise<void> {
  sessionStore.setState({ failure: null });
  currentRunStore.setState({ asked: 'start' });
  if (currentRunStore.getState().run?.id !== runId) {
    const detail = await attempt(() => lab().run(runId));
    if (detail === undefined) return;
    await showRun(detail);
  }
  await attempt(() => lab().resume(runId));
}

export async function pauseRun(): Promise<void> {
  currentRunStore.setState({ asked: 'pause' });
  await attempt(() => lab().pause());
}

export async function unpauseRun(): Promise<void> {
  currentRunStore.setState({ asked: null });
  await attempt(() => lab().unpause());
}

export async function stepOnce(): Promise<void> {
  currentRunStore.setState({ asked: 'step' });
  await attempt(() => lab().stepOnce());
  if (currentRunStore.getState().asked === 'step') currentRunStore.setState({ asked: null });
}

export async function stopRun(): Promise<void> {
  currentRunStore.setState({ asked: 'stop' });
  await attempt(() => lab().stop());
  void refreshStorage();
}

export const exportAdapter = (runId: string, arm: Arm, iteration?: number) =>
  attempt(() => lab().exportAdapter(runId, arm, iteration));
export const exportEvaluations = (runId: string) => attempt(() => lab().exportEvaluations(runId));
export const exportMetrics = (runId: string) => attempt(() => lab().exportMetrics(runId));
/** The pairs as JSON Lines. Without any pair it is a failure, which the page shows, and the result is undefined. */
export const exportPairs = (runId: string) =>
  attempt(async () => {
    const text = await lab().exportPairs(runId);
    if (text !== '') return text;
    throw new LabError(
      'not-found',
      'There are no pairs to export.',
      'Nothing was saved: this run has not made a pair yet, or all its pairs are left out.',
    );
  });
