import { SlidersHorizontal } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Candidates } from '../features/candidates/Candidates';
import { LoopDiagram } from '../features/loop/LoopDiagram';
import { useStore } from '../state/react';
import { settingsStore } from '../state/session/settings';
import { Button } from '../ui/Button';
import { ErrorBoundary } from './ErrorBoundary';

const Charts = lazy(async () => ({ default: (await import('../features/charts/Charts')).Charts }));

/** The active or newest run in the Lab: the loop, the candidates, and the charts. */
export function LabRun() {
  const recipeOpen = useStore(settingsStore, (settings) => settings.recipeOpen);
  return (
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
  );
}
