import { Download, Trash2, Upload } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { recipeToQuery } from '../../recipe/encoding';
import { TARGET_MODULES } from '../../recipe/recipe';
import type { ImportedAdapter } from '../../records/models';
import {
  adaptersStore,
  deleteAdapter,
  exportImportedAdapter,
  importAdapterFiles,
  refreshAdapters,
  startingFromAdapter,
  undoDeleteAdapter,
} from '../../state/models/adapters';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { Button, IconButton } from '../../ui/Button';
import { bytes, moment } from '../../ui/format';
import { saveBlob } from '../../ui/save';

/** The imported adapters, and the form that imports one. */
export function Adapters() {
  const list = useStore(adaptersStore, (state) => state.list);
  const pendingDeletes = useStore(adaptersStore, (state) => state.pendingDeletes);
  const file = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => void refreshAdapters(), []);
  return (
    <section
      className="adapters"
      data-over={over}
      aria-labelledby="adapters-title"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void importAdapterFiles([...event.dataTransfer.files]);
      }}
    >
      <h2 id="adapters-title">Imported adapters</h2>
      {list !== null && list.length > 0 && (
        <ul>
          {list.map((adapter) =>
            pendingDeletes.has(adapter.id) ? (
              <li key={adapter.id} className="run-going">
                <span>{adapter.name} will be deleted.</span>
                <Button className="button-small" onClick={() => undoDeleteAdapter(adapter.id)}>
                  Undo
                </Button>
              </li>
            ) : (
              <Adapter key={adapter.id} adapter={adapter} />
            ),
          )}
        </ul>
      )}
      <Button onClick={() => file.current?.click()}>
        <Upload aria-hidden="true" /> Import an adapter
      </Button>
      <p>
        Choose or drop a zip file, or <code>adapter_config.json</code> with <code>adapter_model.safetensors</code>.
      </p>
      <input
        ref={file}
        type="file"
        accept=".zip,.json,.safetensors"
        aria-label="Files of an adapter"
        multiple
        hidden
        onChange={async (event) => {
          const input = event.currentTarget;
          const chosen = [...(input.files ?? [])];
          if (chosen.length > 0) await importAdapterFiles(chosen);
          input.value = '';
        }}
      />
    </section>
  );
}

function Adapter({ adapter }: { readonly adapter: ImportedAdapter }) {
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const { id, name, settings, baseModel } = adapter;
  const save = async () => {
    const zip = await exportImportedAdapter(id);
    if (zip) saveBlob(`${name}.zip`, new Blob([new Uint8Array(zip)], { type: 'application/zip' }));
  };
  return (
    <li className="adapter">
      <span className="run-name">{name}</span>
      <span className="adapter-actions">
        <IconButton label={`Export ${name}`} onClick={save}>
          <Download />
        </IconButton>
        <IconButton label={`Delete ${name}`} onClick={() => deleteAdapter(id)}>
          <Trash2 />
        </IconButton>
      </span>
      <span className="run-recipe">
        {settings === null ? 'The files are damaged. Delete this adapter.' : settingsText(settings)}
      </span>
      <span className="run-when">
        {baseModel !== '' && `for ${baseModel} · `}
        {bytes(adapter.bytes)} · {moment(adapter.created)}
      </span>
      {settings !== null && (
        <a
          href={formatRoute({
            place: 'lab',
            query: recipeToQuery({ ...recipe, ...startingFromAdapter(adapter, recipe) }),
          })}
        >
          Start a run from it
        </a>
      )}
    </li>
  );
}

function settingsText({ rank, alpha, rsLora, targetModules }: NonNullable<ImportedAdapter['settings']>): string {
  const modules = targetModules.length === TARGET_MODULES.length ? 'all projections' : targetModules.join(', ');
  return `rank ${rank} · α ${alpha}${rsLora ? ', rank-stabilised' : ''} · ${modules}`;
}
