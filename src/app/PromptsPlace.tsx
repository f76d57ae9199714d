import { lazy, Suspense } from 'react';
import { Notices } from '../features/notices/Notices';
import { useStore } from '../state/react';
import { routeStore } from '../state/session/route';

// Comes when it is first looked at: the Lab does not wait for it.
const Prompts = lazy(async () => ({ default: (await import('../features/prompts/Prompts')).Prompts }));

export function PromptsPlace() {
  const route = useStore(routeStore, (state) => state.route);
  if (route.place !== 'prompts') return null;
  return (
    <div className="place-with-notices">
      <Notices />
      <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
        <Prompts show={route.show} />
      </Suspense>
    </div>
  );
}
