import { useEffect, useRef, useState } from 'react';
import { addLocalModel, refreshModels } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useCommands, useStore } from '../../state/react';
import { Curated } from './Curated';
import { droppedFiles } from './dropped-files';
import { FromFiles } from './FromFiles';
import { FromHub } from './FromHub';
import { Here } from './Here';
import { Judges } from './Judges';

import './models.css';
import { StorageLine } from './StorageLine';
import { WebllmModels } from './WebllmModels';

/** What can this machine run? */
export function Models() {
  const changes = useStore(modelsStore, (state) => state.changes);
  const [over, setOver] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again whenever models came or went
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
        <Here />
        <Curated />
      </div>
      <div className="models-side scroll">
        <FromHub field={field} />
        <FromFiles over={over} />
        <Judges />
        <WebllmModels />
      </div>
    </section>
  );
}
