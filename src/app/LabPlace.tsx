import { lazy, Suspense } from 'react';
import { DrySamplePanel } from '../features/dry-sample/DrySamplePanel';
import { Notices } from '../features/notices/Notices';
import { Welcome } from '../features/welcome/Welcome';
import { judgeTrialStore } from '../state/judging/judge-trial';
import { useStore } from '../state/react';
import { currentRunStore } from '../state/runs/current-run';
import { drySampleStore } from '../state/runs/dry-sample';
import { sessionStore } from '../state/session/session';
import { settingsStore } from '../state/session/settings';
import { ErrorBoundary } from './ErrorBoundary';

// Loaded when they are first needed, so that Start does not wait for them.
const LabRun = lazy(async () => ({ default: (await import('./LabRun')).LabRun }));
const RecipePanel = lazy(async () => ({ default: (await import('../features/recipe/RecipePanel')).RecipePanel }));
const JudgeTrialPanel = lazy(async () => ({
  default: (await import('../features/judge-trial/JudgeTrialPanel')).JudgeTrialPanel,
}));

/** The Lab: the active or newest run, a dry sample or a trial of the judge, with the recipe beside it. */
export function LabPlace() {
  const hasRun = useStore(currentRunStore, ({ run }) => run !== null);
  const trying = useStore(drySampleStore, (state) => state.shown);
  const judging = useStore(judgeTrialStore, (state) => state.shown);
  const starting = useStore(sessionStore, (session) => session.starting);
  const recipeOpen = useStore(settingsStore, (settings) => settings.recipeOpen);
  const shown = judging ? 'trial' : trying ? 'dry-sample' : hasRun ? 'run' : 'welcome';
  // Show nothing until the worker has reported whether there is a run.
  if (starting && !hasRun) return <div className="lab-quiet" aria-busy="true" />;
  return (
    <div className="lab" data-recipe={recipeOpen} data-first={!hasRun}>
      {(hasRun || trying || judging) && <h1 className="visually-hidden">Lab</h1>}
      <Notices />
      <ErrorBoundary key={shown}>
        <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
          {shown === 'trial' && <JudgeTrialPanel />}
          {shown === 'dry-sample' && <DrySamplePanel />}
          {shown === 'run' && <LabRun />}
          {shown === 'welcome' && (
            <div className="lab-welcome scroll">
              <Welcome />
            </div>
          )}
        </Suspense>
      </ErrorBoundary>
      {recipeOpen && (
        <ErrorBoundary>
          <Suspense fallback={<aside className="panel" aria-busy="true" />}>
            <RecipePanel />
          </Suspense>
        </ErrorBoundary>
      )}
    </div>
  );
}
