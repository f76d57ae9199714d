/** What the page asks about dry samples, and what the Start buttons do. */
import { LabError } from '../lib/errors';
import { isBundledModel } from '../recipe/model-id';
import { warmUpPrompts } from '../recipe/presets';
import { attempt, startRun } from './actions';
import { hideDrySample, isTaking, NO_DRY_SAMPLE, samplesAlike, useDrySample } from './dry-sample';
import { lab } from './lab';
import { type CurrentRun, isActive, useRun } from './run';
import { canStart, changeRecipe, type Session, useSession } from './session';

/** Nothing runs, and the recipe could be started. */
export function canTry(session: Session, run: CurrentRun): boolean {
  return canStart(session) && !isActive(run) && run.elsewhere === null && run.asked === null;
}

/** Takes one of the recipe as it is now; one under way gives way to it. */
export async function tryFormat(): Promise<void> {
  if (!canTry(useSession.getState(), useRun.getState())) return;
  const { recipe } = useSession.getState();
  useSession.setState({ failure: null });
  useDrySample.setState({ ...NO_DRY_SAMPLE, recipe, shown: true });
  const sample = await attempt(async () => {
    try {
      return await lab().drySample(recipe);
    } catch (error) {
      // Whoever cancelled it knows.
      if (error instanceof LabError && error.code === 'cancelled') return null;
      throw error;
    }
  });
  if (useDrySample.getState().recipe === recipe) useDrySample.setState(sample ? { sample } : NO_DRY_SAMPLE);
}

/** Back to the Lab. What is under way is given up. */
export async function closeDrySample(): Promise<void> {
  const taking = isTaking(useDrySample.getState());
  hideDrySample();
  if (taking) await attempt(() => lab().cancelDrySample());
}

/**
 * What the Start buttons do. A model from elsewhere shows first what it does with the format, so that nobody waits an hour for nothing; who
 * has seen it presses Start again. The bundled model is known to keep to it.
 */
export async function startOrTry(): Promise<void> {
  const { recipe } = useSession.getState();
  const seen = useDrySample.getState();
  const known = seen.sample !== null && seen.recipe !== null && samplesAlike(seen.recipe, recipe);
  await (isBundledModel(recipe.model) || known ? startSeen() : tryFormat());
}

/** Starts the run, whatever the sample showed. */
export async function startSeen(): Promise<void> {
  await closeDrySample();
  await startRun();
}

/** Starts the run with a warm-up. */
export async function startWithWarmUp(): Promise<void> {
  changeRecipe({ sftPrompts: warmUpPrompts(useSession.getState().recipe) });
  await startSeen();
}
