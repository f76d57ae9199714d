import { lazy, Suspense } from 'react';
import { Notices } from '../features/notices/Notices';
import { useStore } from '../state/react';
import { routeStore } from '../state/session/route';

// Comes when it is first looked at: the Lab does not wait for it.
const Runs = lazy(async () => ({ default: (await import('../features/runs/Runs')).Runs }));

export function RunsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  if (route.place !== 'runs') return null;
  return (
    <div className="place-with-notices">
      <Notices />
      <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
        <Runs shown={route.run} others={route.others} />
      </Suspense>
    </div>
  );
}
