import { lazy, type ReactNode, Suspense } from 'react';
import { Notices } from '../features/notices/Notices';
import { useStore } from '../state/react';
import { routeStore } from '../state/session/route';

// Loaded when they are first opened, so that the Lab does not wait for them.
const Models = lazy(async () => ({ default: (await import('../features/models/Models')).Models }));
const Pairs = lazy(async () => ({ default: (await import('../features/pairs/Pairs')).Pairs }));
const Prompts = lazy(async () => ({ default: (await import('../features/prompts/Prompts')).Prompts }));
const Runs = lazy(async () => ({ default: (await import('../features/runs/Runs')).Runs }));
const Voting = lazy(async () => ({ default: (await import('../features/voting/Voting')).Voting }));

function Place({ children }: { readonly children: ReactNode }) {
  return (
    <div className="place-with-notices">
      <Notices />
      <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>{children}</Suspense>
    </div>
  );
}

export function PromptsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  return route.place !== 'prompts' ? null : (
    <Place>
      <Prompts show={route.show} />
    </Place>
  );
}

export function PairsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  return route.place !== 'pairs' ? null : (
    <Place>{route.vote && route.run !== null ? <Voting run={route.run} /> : <Pairs runInAddress={route.run} />}</Place>
  );
}

export function RunsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  return route.place !== 'runs' ? null : (
    <Place>
      <Runs shown={route.run} others={route.others} />
    </Place>
  );
}

export function ModelsPlace() {
  return (
    <Place>
      <Models />
    </Place>
  );
}
