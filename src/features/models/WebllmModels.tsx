import { Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import type { Failure } from '../../lib/errors';
import type { WebllmModel } from '../../records/judges';
import {
  addWebllmModel,
  askWebllmSize,
  cancelFetch,
  deleteWebllmModel,
  fetchWebllmModel,
  loadWebllmModels,
} from '../../state/judge-actions';
import { useJudges } from '../../state/judges';
import { Button, IconButton } from '../../ui/Button';
import { bytes, percent, plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { Refusal } from './Refusal';

/** Language models that WebLLM runs as judges. The list is read when it is asked for; a model is fetched when it is. */
export function WebllmModels() {
  const { webllm, webllmFailure, fetchFailure } = useJudges();
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
        WebLLM runs them on this GPU beside the policy; both memories add up. Nothing is fetched before you say so.
      </p>
      {webllmFailure !== null && <Refusal failure={webllmFailure} />}
      {webllm === null ? (
        <Button
          disabled={asked && webllmFailure === null}
          onClick={() => {
            setAsked(true);
            void loadWebllmModels();
          }}
        >
          {asked && webllmFailure === null ? 'Reading the list …' : 'Show the list'}
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
            {plural(found.length, 'model')}, {found.filter(({ usable }) => usable).length} of them for this device.
          </p>
          {fetchFailure !== null && <Refusal failure={fetchFailure} />}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <section className="webllm-list scroll" tabIndex={0} aria-label="WebLLM’s models">
            <ul>
              {found.map((model) => (
                <WebllmRow key={model.id} model={model} />
              ))}
            </ul>
          </section>
          <AddOwn />
        </>
      )}
    </section>
  );
}

function WebllmRow({ model }: { readonly model: WebllmModel }) {
  const fetching = useJudges((state) => state.fetching);
  const busy = useJudges((state) => state.busy);
  const { id, about, memory, needsF16, usable, stored, custom } = model;
  const size = useJudges((state) => state.sizes.get(id) ?? model.bytes);
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
              ? `about ${bytes(about)} to fetch, `
              : `${bytes(size)} to fetch, `}
          {bytes(memory)} of GPU memory{needsF16 && ', needs shader-f16'}
          {!usable && '; not on this device'}
        </span>
        {own && (
          <span className="models-about" role="status">
            {busy === null
              ? 'Begins …'
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
          aria-label={size === null ? `Fetch ${id}: how large is it?` : `Fetch ${bytes(size)}: ${id}`}
          title={size === null ? 'Asks its host first; nothing is fetched yet' : undefined}
          onClick={() => (size === null ? askWebllmSize(id) : fetchWebllmModel(id))}
        >
          {size === null ? 'Fetch …' : `Fetch ${bytes(size)}`}
        </Button>
      )}
    </li>
  );
}

/** A model that WebLLM does not list: its weights' folder and its compiled library. */
function AddOwn() {
  const [record, setRecord] = useState({ id: '', model: '', modelLib: '' });
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = useId();
  const fields = [
    ['id', 'Name'],
    ['model', 'Address of the weights’ folder'],
    ['modelLib', 'Address of the library (.wasm)'],
  ] as const;
  return (
    <details className="webllm-own">
      <summary>Add one of your own</summary>
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
        {failure !== null && <Refusal failure={failure} />}
        <button
          type="submit"
          className="button button-plain"
          disabled={Object.values(record).some((text) => text.trim() === '')}
        >
          Add it
        </button>
      </form>
    </details>
  );
}
