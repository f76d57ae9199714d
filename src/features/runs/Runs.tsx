import { useEffect, useMemo } from 'react';
import { adaptersStore } from '../../state/models/adapters';
import { useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { loadRun, refreshRuns, storedRunsStore } from '../../state/runs/stored-runs';
import { formatRoute, go } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { refreshStorage } from '../../state/session/session-actions';
import { bytes } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { Adapters } from './Adapters';
import { RunList } from './RunList';
import { RunView } from './RunView';
import './runs.css';

interface Props {
  readonly shown: string | null;
  readonly others: readonly string[];
}

/** The Runs page: all stored runs, the one that is shown, and those compared with it. */
export function Runs({ shown, others }: Props) {
  const list = useStore(storedRunsStore, (state) => state.list);
  const details = useStore(storedRunsStore, (state) => state.details);
  const storage = useStore(sessionStore, (session) => session.storage);
  // An active run is read again whenever an evaluation or an iteration ends.
  const progress = useStore(currentRunStore, (state) => state.evaluations.length + state.iterations.length);
  const status = useStore(currentRunStore, (state) => state.run?.status);
  const otherKey = others.join();
  const Heading = shown === null ? 'h1' : 'h2';

  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when the run's records have changed
  useEffect(() => {
    void refreshRuns();
    void refreshStorage();
    for (const id of [shown, ...others]) if (id !== null) void loadRun(id);
  }, [shown, otherKey, progress, status]);

  const detail = shown === null ? null : (details.get(shown) ?? null);
  const compared = useMemo(() => otherKey.split(',').flatMap((id) => details.get(id) ?? []), [otherKey, details]);

  const imported = useStore(adaptersStore, (state) => state.list?.length ?? 0);
  if (list !== null && list.length === 0 && imported === 0) {
    return (
      <div className="place-empty">
        <h1>No runs yet.</h1>
        <p>Every run is kept here with its recipe, charts, pairs and adapters until you delete it.</p>
        <a className="button button-primary" href={formatRoute({ place: 'lab', query: '' })}>
          Start a run in the Lab
        </a>
        <Adapters />
      </div>
    );
  }
  return (
    <div className="runs" data-shown={shown !== null}>
      <aside className="panel runs-side scroll" aria-label="All runs">
        <Heading>Runs</Heading>
        <RunList
          runs={list ?? []}
          shown={shown}
          others={others}
          onCompare={(id, on) =>
            go({ place: 'runs', run: shown, others: on ? [...others, id] : others.filter((other) => other !== id) })
          }
        />
        {list?.length === 0 && <p className="runs-empty">No runs yet.</p>}
        <Adapters />
        {storage !== null && (
          <div className="runs-storage">
            <p>
              {bytes(storage.usage)} of {bytes(storage.quota)} used,{' '}
              {storage.persisted ? 'kept until you delete it' : 'the browser may delete it when the disk is full'}
            </p>
            <Meter share={storage.quota === 0 ? 0 : storage.usage / storage.quota} label="Storage used" />
          </div>
        )}
      </aside>
      <div className="runs-main scroll">
        {shown === null ? (
          <p className="place-empty">Choose a run to see its charts and evaluations.</p>
        ) : detail === null ? (
          <p className="place-empty">Reading the run …</p>
        ) : (
          <RunView detail={detail} others={compared} />
        )}
      </div>
    </div>
  );
}
