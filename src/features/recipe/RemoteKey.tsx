import { useEffect, useId, useState } from 'react';
import type { Failure } from '../../lib/errors';
import { parseRemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import { fetchOfferedModels, judgesStore, loadAccess, setAccess } from '../../state/judging/judges';
import { useStore } from '../../state/react';
import { Button } from '../../ui/Button';

interface Props {
  readonly url: string;
  readonly model: string;
  readonly onModel: (model: string) => void;
}

/** The key for a server, and its models. Nothing while the address is faulty: its field reports the fault. */
export function RemoteKey(props: Props) {
  return 'fault' in parseRemoteAddress(props.url) ? null : <ServerKey {...props} />;
}

/** A key is sent to the worker, which never returns it. */
function ServerKey({ url, model, onModel }: Props) {
  const info = useStore(judgesStore, (state) => state.access.get(url) ?? null);
  const [key, setKey] = useState('');
  const [headers, setHeaders] = useState('');
  const [remember, setRemember] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const id = useId();
  useEffect(() => void loadAccess(url).then(setFailure), [url]);
  const read = readHeaders(headers);
  const give = async (access: RemoteAccess | null) => {
    const fault = await setAccess(url, access, access !== null && remember);
    setFailure(fault);
    if (fault !== null || access === null) return;
    setKey('');
    setHeaders('');
  };
  return (
    <div className="remote-key">
      {info?.key === true || (info?.headers.length ?? 0) > 0 ? (
        <p className="field-about">
          {info?.key ? 'A key is set' : 'No key'}
          {info !== null && info.headers.length > 0 && `, with ${info.headers.join(', ')}`}
          {info?.remembered ? '; kept in this browser.' : '; in memory until this page closes.'}
        </p>
      ) : (
        <p className="field-about">No key is set. Servers on your own machine rarely need one.</p>
      )}
      <label htmlFor={id} className="field-label">
        Key
      </label>
      <input
        id={id}
        className="input"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <label htmlFor={`${id}-headers`} className="field-label">
        Other headers, one per line
      </label>
      <textarea
        id={`${id}-headers`}
        className="input"
        rows={2}
        spellCheck={false}
        placeholder="X-Title: Thinking Lab"
        value={headers}
        aria-invalid={read === null}
        onChange={(event) => setHeaders(event.currentTarget.value)}
      />
      {read === null && (
        <p className="field-fault" role="alert">
          Each line is a name, a colon and a value.
        </p>
      )}
      <label className="field-option">
        <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
        Keep it in this browser
      </label>
      <div className="remote-hand">
        <Button
          className="button-small"
          disabled={read === null || (key === '' && headers.trim() === '')}
          onClick={() => give({ key, headers: read ?? {} })}
        >
          Set
        </Button>
        {(info?.key === true || (info?.headers.length ?? 0) > 0) && (
          <Button className="button-small" look="quiet" onClick={() => give(null)}>
            Forget it
          </Button>
        )}
        <Button className="button-small" onClick={() => fetchOfferedModels(url)}>
          List its models
        </Button>
      </div>
      {failure !== null && <Fault failure={failure} />}
      <Offered url={url} model={model} onModel={onModel} />
    </div>
  );
}

function Fault({ failure: { message, advice } }: { readonly failure: Failure }) {
  return (
    <p className="field-fault" role="alert">
      <strong>{message}</strong> {advice}
    </p>
  );
}

function Offered({ url, model, onModel }: Props) {
  const offered = useStore(judgesStore, (state) => state.offered.get(url) ?? null);
  if (offered === null) return null;
  if (offered === 'asking') return <p role="status">Asking {url} …</p>;
  if ('message' in offered) return <Fault failure={offered} />;
  return (
    <ul className="remote-models" aria-label="Models of this server">
      {offered.map((name) => (
        <li key={name}>
          <Button className="button-small" look="quiet" aria-pressed={name === model} onClick={() => onModel(name)}>
            {name}
          </Button>
        </li>
      ))}
      {offered.length === 0 && <li className="field-about">The server lists no models.</li>}
    </ul>
  );
}

/** Headers by name. null where a line is not a header. */
function readHeaders(text: string): Record<string, string> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => /^\s*([^:\s]+)\s*:\s*(.+?)\s*$/.exec(line));
  if (pairs.some((pair) => pair === null)) return null;
  return Object.fromEntries(pairs.flatMap((pair) => (pair?.[1] && pair[2] ? [[pair[1], pair[2]]] : [])));
}
