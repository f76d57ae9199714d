/** The self-test of the graphics device: its progress, and the last report. */
import { createStore } from 'zustand/vanilla';
import { type Failure, LabError, toFailure } from '../../lib/errors';
import type { DeviceReport, SelfTestProgress } from '../../records/device';
import { lab } from '../lab';
import { sessionStore } from '../session/session';
import { attempt, refreshEstimate } from '../session/session-actions';

export interface SelfTest {
  /** Null before it was read, and if this device has not been tested. */
  readonly report: DeviceReport | null;
  readonly testing: boolean;
  /** Null until the test reports its first step. */
  readonly progress: SelfTestProgress | null;
  readonly failure: Failure | null;
}

export const selfTestStore = createStore<SelfTest>(() => ({
  report: null,
  testing: false,
  progress: null,
  failure: null,
}));

export function setSelfTestProgress(progress: SelfTestProgress): void {
  if (selfTestStore.getState().testing) selfTestStore.setState({ progress });
}

export async function loadDeviceReport(): Promise<void> {
  const report = await attempt(() => lab().deviceReport());
  if (report) selfTestStore.setState({ report });
}

/** Tests the device with the model of the recipe. */
export async function runSelfTest(): Promise<void> {
  if (selfTestStore.getState().testing) return;
  selfTestStore.setState({ testing: true, progress: null, failure: null });
  try {
    selfTestStore.setState({ report: await lab().selfTest(sessionStore.getState().recipe) });
    // The report may refuse the recipe, or allow it again.
    await refreshEstimate();
  } catch (error) {
    const cancelled = error instanceof LabError && error.code === 'cancelled';
    selfTestStore.setState({ failure: cancelled ? null : toFailure(error) });
  } finally {
    selfTestStore.setState({ testing: false, progress: null });
  }
}

export async function cancelSelfTest(): Promise<void> {
  await attempt(() => lab().cancelSelfTest());
}
