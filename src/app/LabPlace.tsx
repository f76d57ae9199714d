import { SlidersHorizontal } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Candidates } from '../features/candidates/Candidates';
import { DrySamplePanel } from '../features/dry-sample/DrySamplePanel';
import { LoopDiagram } from '../features/loop/LoopDiagram';
import { Notices } from '../features/notices/Notices';
import { Welcome } from '../features/welcome/Welcome';
import { judgeTrialStore } from '../state/judging/judge-trial';
import { useStore } from '../state/react';
import { currentRunStore } from '../state/runs/current-run';
import { drySampleStore } from '../state/runs/dry-sample';
import { sessionStore } from '../state/session/session';
import { settingsStore } from '../state/session/settings';
import { Button } from '../ui/Button';
import { ErrorBoundary } from './ErrorBoundary';

// Loaded when they are first needed, so that Start does not wait for them.
const RecipePanel = lazy(async () => ({ default: (await import('../features/recipe/RecipePanel')).RecipePanel }));
const Charts = lazy(async () => ({ default: (await import('../features/charts/Charts')).Charts }));
const JudgeTrialPanel = lazy(async () => ({
  default: (await import('../features/judge-trial/JudgeTrialPanel')).JudgeTrialPanel,
}));

/** The Lab: the active or newest run, a dry sample or a trial of the judge, with the recipe beside it. */
export function LabPlace() {
  const run = useStore(currentRunStore, (state) => state.run);
  const trying = useStore(drySampleStore, (state) => state.shown);
  const judging = useStore(judgeTrialStore, (state) => state.shown);
  const starting = useStore(sessionStore, (session) => session.starting);
  const recipeOpen = useStore(settingsStore, (settings) => settings.recipeOpen);
  // Show nothing until the worker has said whether there is a run.
  if (starting && run === null) return <div className="lab-quiet" aria-busy="true" />;
  return (
    <div className="lab" data-recipe={recipeOpen} data-first={run === null}>
      {(run !== null || trying || judging) && <h1 className="visually-hidden">Lab</h1>}
      <Notices />
      {judging ? (
        <ErrorBoundary>
          <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
            <JudgeTrialPanel />
          </Suspense>
        </ErrorBoundary>
      ) : trying ? (
        <ErrorBoundary>
          <DrySamplePanel />
        </ErrorBoundary>
      ) : run === null ? (
        <div className="lab-welcome scroll">
          <Welcome />
        </div>
      ) : (
        <div className="lab-work">
          <div className="panel lab-top">
            <ErrorBoundary>
              <LoopDiagram />
            </ErrorBoundary>
            {!recipeOpen && (
              <Button look="quiet" className="lab-recipe" onClick={() => settingsStore.setState({ recipeOpen: true })}>
                <SlidersHorizontal aria-hidden="true" /> Recipe
              </Button>
            )}
          </div>
          <ErrorBoundary>
            <Candidates />
          </ErrorBoundary>
          <ErrorBoundary>
            <Suspense fallback={<section className="panel charts" aria-busy="true" />}>
              <Charts />
            </Suspense>
          </ErrorBoundary>
        </div>
      )}
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
