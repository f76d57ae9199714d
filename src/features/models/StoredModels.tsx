import { useEffect, useMemo } from 'react';
import { AUTO } from '../../recipe/declare';
import { refreshCosts } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { count, plural } from '../../ui/format';
import { DownloadRow } from './DownloadRow';
import { ColumnNames } from './ModelFacts';
import { ModelRow } from './ModelRow';

/** Stored models and downloads. */
export function StoredModels() {
  const all = useStore(modelsStore, (state) => state.list);
  const list = useMemo(() => all?.filter(({ use }) => use === 'policy') ?? null, [all]);
  const downloads = useStore(modelsStore, (state) => state.downloads);
  const recipe = useStore(sessionStore, (session) => session.recipe);
  // biome-ignore lint/correctness/useExhaustiveDependencies: calculated again when the list changes
  useEffect(() => void refreshCosts(recipe), [recipe, list]);
  const longest = Math.max(
    ...recipe.arms.map((arm) => (arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect)),
  );
  return (
    <section className="panel models-section" aria-labelledby="here-title">
      <header className="models-list-head">
        <h2 id="here-title">On this machine</h2>
        <p className="models-about">
          GPU memory with the <a href={formatRoute({ place: 'lab', query: '' })}>recipe in the Lab</a>: K&nbsp;={' '}
          {recipe.k},{' '}
          {recipe.lanes === AUTO
            ? 'as many completions at a time as are fastest'
            : plural(recipe.lanes, 'completion at a time', 'completions at a time')}
          , each of up to {count(longest)} tokens.
        </p>
        <ColumnNames />
      </header>
      {list === null ? (
        <p className="models-about">Reading the stored models …</p>
      ) : (
        <ul className="model-list">
          {downloads.map((download) => (
            <DownloadRow key={download.id} download={download} />
          ))}
          {list.map((model) => (
            <ModelRow key={model.id} model={model} />
          ))}
        </ul>
      )}
      {list !== null && downloads.length === 0 && list.every(({ source }) => source === 'bundled') && (
        <p className="models-none">
          Models that you add are kept in the browser’s storage and work offline. Choose one from the list below, from
          the Hub, or from your files.
        </p>
      )}
    </section>
  );
}
