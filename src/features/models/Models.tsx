import { useEffect, useRef, useState } from 'react';
import { addLocalModel, refreshModels } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useCommands, useStore } from '../../state/react';
import { HubModels } from './HubModels';
import { JudgeModels } from './JudgeModels';
import { LocalModels } from './LocalModels';
import { droppedFiles } from './picked-files';
import { RecommendedModels } from './RecommendedModels';
import { StoredModels } from './StoredModels';
import { ThisDevice } from './ThisDevice';
import './models.css';
import { sessionStore } from '../../state/session/session';
import { persistStorage } from '../../state/session/session-actions';
import { Button } from '../../ui/Button';
import { bytes } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { WebllmModels } from './WebllmModels';

/** The Models page: stored and recommended models, ways to add one, judges, and the storage used. */
export function Models() {
  const changes = useStore(modelsStore, (state) => state.changes);
  const [over, setOver] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads again whenever a model was added or deleted
  useEffect(() => void refreshModels(), [changes]);
  useCommands({
    'look-up': { label: 'Look up a model on the Hub', group: 'Models', run: () => field.current?.focus() },
  });
  return (
    <section
      className="models"
      data-over={over}
      aria-labelledby="models-title"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)))
          setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void addLocalModel(droppedFiles(event.dataTransfer));
      }}
    >
      <header className="models-head">
        <h1 id="models-title">Models</h1>
        <StorageLine />
      </header>
      <div className="models-main scroll">
        <StoredModels />
        <RecommendedModels />
      </div>
      <div className="models-side scroll">
        <HubModels field={field} />
        <ThisDevice />
        <LocalModels over={over} />
        <JudgeModels />
        <WebllmModels />
      </div>
    </section>
  );
}

/** Used and free storage, and whether the browser may delete it. */
function StorageLine() {
  const storage = useStore(sessionStore, (session) => session.storage);
  const [asked, setAsked] = useState(false);
  if (storage === null || storage.quota === 0) return null;
  const { usage, quota, persisted } = storage;
  return (
    <div className="storage-line">
      <p className="tabular">
        <strong>{bytes(usage)}</strong> stored, <strong>{bytes(Math.max(0, quota - usage))}</strong> free.{' '}
        {persisted
          ? 'Kept until you delete it.'
          : asked
            ? 'The browser did not agree to keep it. It is more likely to agree if you bookmark or install this page.'
            : 'The browser may delete it when the disk is full.'}
      </p>
      {!persisted && (
        <Button
          className="button-small"
          onClick={async () => {
            await persistStorage();
            setAsked(true);
          }}
        >
          Ask to keep it
        </Button>
      )}
      <Meter share={usage / quota} label="Storage used" />
    </div>
  );
}
