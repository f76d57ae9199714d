/** Calls of the worker that any part of the page may make, and what happens when one fails. */
import { type Failure, toFailure } from '../../lib/errors';
import { lab } from '../lab';
import { currentRunStore } from '../runs/current-run';
import { sessionStore } from './session';

/**
 * Milliseconds between the last change of the recipe and the next estimate, so that typing does not ask on every key.
 */
const ESTIMATE_DELAY_MS = 250;

export function fail(failure: Failure): void {
  sessionStore.setState({ failure });
}

/** Runs an action. When it fails, the page shows why and the result is undefined. */
export async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    fail(toFailure(error));
    currentRunStore.setState({ asked: null });
    return undefined;
  }
}

/** Estimates the recipe again. Call it also when the recipe is the same but more is known about its cost. */
export async function refreshEstimate(): Promise<void> {
  const { recipe, noDevice, fault } = sessionStore.getState();
  if (noDevice !== null || fault !== null) return;
  const estimate = await attempt(() => lab().estimate(recipe));
  if (estimate !== undefined && sessionStore.getState().recipe === recipe) sessionStore.setState({ estimate });
}

let following = false;
/** Keeps the estimate up to date while the recipe changes. */
export function followEstimate(): void {
  if (following) return;
  following = true;
  let timer: ReturnType<typeof setTimeout>;
  sessionStore.subscribe((now, before) => {
    if (now.recipe === before.recipe) return;
    clearTimeout(timer);
    timer = setTimeout(refreshEstimate, ESTIMATE_DELAY_MS);
  });
  void refreshEstimate();
}

export async function refreshPromptSets(): Promise<void> {
  await attempt(async () => sessionStore.setState({ promptSets: await lab().promptSets() }));
}

export async function refreshStorage(): Promise<void> {
  await attempt(async () => sessionStore.setState({ storage: await lab().storage() }));
}

/** Asks the browser for persistent storage, which it does not clear when the disk fills up. */
export async function persistStorage(): Promise<void> {
  await attempt(async () => sessionStore.setState({ storage: await lab().persist() }));
}
