import { lab } from './lab';
import { receiveEvents } from './receive-events';
import { currentRunStore } from './runs/current-run';
import { showCurrentRun } from './runs/run-actions';
import { sessionStore, setDevice } from './session/session';
import { attempt, followEstimate, refreshPromptSets, refreshStorage } from './session/session-actions';

/** Connects the stores to the worker when the page opens, and finds the device and a run to show. Starts no run. */
export async function begin(): Promise<void> {
  currentRunStore.subscribe((now, before) => {
    if (now.otherTab !== before.otherTab) void showCurrentRun();
  });
  await attempt(() => lab().listen(receiveEvents));
  const shown = showCurrentRun();
  void refreshStorage();
  void refreshPromptSets();
  const found = await attempt(() => lab().device());
  await shown;
  if (found?.ok === true) setDevice(found.device);
  else if (found !== undefined) sessionStore.setState({ noDevice: found.failure });
  sessionStore.setState({ starting: false });
  followEstimate();
}
