import { lazy, Suspense } from 'react';
import { Notices } from '../features/notices/Notices';
import { useStore } from '../state/react';
import { routeStore } from '../state/session/route';

// They come when they are first looked at: the Lab does not wait for them.
const Pairs = lazy(async () => ({ default: (await import('../features/pairs/Pairs')).Pairs }));
const Voting = lazy(async () => ({ default: (await import('../features/voting/Voting')).Voting }));

export function PairsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  if (route.place !== 'pairs') return null;
  return (
    <div className="place-with-notices">
      <Notices />
      <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
        {route.vote && route.run !== null ? <Voting run={route.run} /> : <Pairs wanted={route.run} />}
      </Suspense>
    </div>
  );
}
