import { Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { Failure } from '../../lib/errors';
import type { WebllmModel } from '../../records/judges';
import {
  addWebllmModel,
  cancelFetch,
  deleteWebllmModel,
  fetchWebllmModel,
  fetchWebllmSize,
  judgesStore,
  loadWebllmModels,
} from '../../state/judging/judges';
import { useStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { bytes, percent, plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { FailureText } from '../../ui/Notice';

/** Language models that WebLLM runs as judges. The list and each model are loaded only on request. */
export function WebllmModels() {
  const { webllm, webllmFailure, fetchFailure } = useStore(judgesStore, ({ webllm, webllmFailure, fetchFailure }) => ({
    webllm,
    webllmFailure,
    fetchFailure,
  }));
  const [asked, setAsked] = useState(webllm !== null);
  const [text, setText] = useState('');
  const words = text.trim().toLowerCase();
  const found = (webllm ?? [])
    .filter(({ id }) => id.toLowerCase().includes(words))
    .toSorted(
      (a, b) => Number(b.stored) - Number(a.stored) || Number(b.usable) - Number(a.usable) || a.memory - b.memory,
    );
  return (
    <section className="panel models-section" aria-labelledby="webllm-title">
      <h2 id="webllm-title">Language models as judges</h2>
      <p className="models-about">
        WebLLM runs these on this GPU next to the model that you train, so their memory adds up. Nothing is downloaded
        until you ask for it.
      </p>
      {webllmFailure !== null && <FailureText failure={webllmFailure} />}
      {webllm === null ? (
        <Button
          disabled={asked && webllmFailure === null}
          onClick={() => {
            setAsked(true);
            void loadWebllmModels();
          }}
        >
          {asked && webllmFailure === null ? 'Loading the list …' : 'Show the list'}
        </Button>
      ) : (
        <>
          <input
            className="input"
            type="search"
            aria-label="Search WebLLM’s models"
            placeholder="Search, e.g. Qwen2.5-1.5B"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <p className="models-about" role="status">
            {plural(found.length, 'model')}, {found.filter(({ usable }) => usable).length} of them run on this device.
          </p>
          {fetchFailure !== null && <FailureText failure={fetchFailure} />}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <section className="webllm-list scroll" tabIndex={0} aria-label="WebLLM’s models">
            <ul>
              {found.map((model) => (
                <WebllmRow key={model.id} model={model} />
              ))}
            </ul>
          </section>
          <AddCustomModel />
        </>
      )}
    </section>
  );
}

function WebllmRow({ model }: { readonly model: WebllmModel }) {
  const fetching = useStore(judgesStore, (state) => state.fetching);
  const busy = useStore(judgesStore, (state) => state.busy);
  const { id, about, memory, needsF16, usable, stored, custom } = model;
  const size = useStore(judgesStore, (state) => state.sizes.get(id) ?? model.bytes);
  const own = fetching === id;
  return (
    <li className="judge-model">
      <span>
        <strong>{id}</strong> {custom && <span className="tag">yours</span>}{' '}
        {stored && <span className="tag">stored</span>}
        <span className="models-about">
          {stored || about === null
            ? ''
            : size === null
              ? `about ${bytes(about)} to download, `
              : `${bytes(size)} to download, `}
          {bytes(memory)} of GPU memory{needsF16 && ', needs shader-f16'}
          {!usable && '; does not run on this device'}
        </span>
        {own && (
          <span className="models-about" role="status">
            {busy === null
              ? 'Starting …'
              : `${busy.phase}${busy.progress === null ? '' : `, ${percent(busy.progress, 0)}`}`}
          </span>
        )}
        {own && busy?.progress != null && <Meter share={busy.progress} label={`Progress of ${id}`} />}
      </span>
      {own ? (
        <Button className="button-small" onClick={cancelFetch}>
          Cancel
        </Button>
      ) : stored ? (
        <IconButton label={`Delete ${id}`} onClick={() => deleteWebllmModel(id)}>
          <Trash2 />
        </IconButton>
      ) : (
        <Button
          className="button-small"
          disabled={!usable || fetching !== null}
          aria-label={size === null ? `Download ${id}: ask for its size` : `Download ${bytes(size)}: ${id}`}
          title={size === null ? 'Asks the server for the size first. Nothing is downloaded yet.' : undefined}
          onClick={() => (size === null ? fetchWebllmSize(id) : fetchWebllmModel(id))}
        >
          {size === null ? 'Download …' : `Download ${bytes(size)}`}
        </Button>
      )}
    </li>
  );
}

/** Adds a model that WebLLM does not list, by the URLs of its weights and its compiled library. */
function AddCustomModel() {
  const [record, setRecord] = useState({ id: '', model: '', modelLib: '' });
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = useId();
  const fields = [
    ['id', 'Name'],
    ['model', 'URL of the weights folder'],
    ['modelLib', 'URL of the compiled library (.wasm)'],
  ] as const;
  return (
    <details className="webllm-own">
      <summary>Add your own model</summary>
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          const refused = await addWebllmModel(record);
          setFailure(refused);
          if (refused === null) setRecord({ id: '', model: '', modelLib: '' });
        }}
      >
        {fields.map(([name, label]) => (
          <div key={name} className="webllm-field">
            <label htmlFor={`${id}-${name}`} className="field-label">
              {label}
            </label>
            <input
              id={`${id}-${name}`}
              className="input"
              value={record[name]}
              onChange={(event) => setRecord({ ...record, [name]: event.currentTarget.value })}
            />
          </div>
        ))}
        {failure !== null && <FailureText failure={failure} />}
        <button
          type="submit"
          className="button button-plain"
          disabled={Object.values(record).some((text) => text.trim() === '')}
        >
          Add
        </button>
      </form>
    </details>
  );
}
