import { lazy, Suspense } from 'react';
import { Notices } from '../features/notices/Notices';

// Comes when it is first looked at: the Lab does not wait for it.
const Models = lazy(async () => ({ default: (await import('../features/models/Models')).Models }));

export function ModelsPlace() {
  return (
    <div className="place-with-notices">
      <Notices />
      <Suspense fallback={<div className="lab-quiet" aria-busy="true" />}>
        <Models />
      </Suspense>
    </div>
  );
}
