import { Download, Search } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { DatasetOffer } from '../../records/prompt-import';
import { useModels } from '../../state/models';
import { fetchDataset, lookUpDataset } from '../../state/prompt-actions';
import { usePrompts } from '../../state/prompts';
import { Button } from '../../ui/Button';
import { bytes, count } from '../../ui/format';
import { Notice } from '../../ui/Notice';
import { TokenField } from '../../ui/TokenField';

/** A data set of the Hub. Nothing is fetched before the reader presses a button that says how much. */
export function FromDataset() {
  const reference = usePrompts((state) => state.reference);
  const lookUp = usePrompts((state) => state.lookUp);
  const answer = useRef<HTMLDivElement>(null);
  const seen = useRef(lookUp);
  useEffect(() => {
    if (seen.current === lookUp) return;
    seen.current = lookUp;
    if (lookUp.status === 'offer' || lookUp.status === 'failed') answer.current?.focus();
  }, [lookUp]);
  return (
    <section className="panel prompts-section" aria-labelledby="dataset-title">
      <h2 id="dataset-title">From the Hugging Face Hub</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void lookUpDataset(reference);
        }}
      >
        <label htmlFor="dataset-reference" className="field-label">
          Data set’s id or link
        </label>
        <div className="dataset-field">
          <input
            id="dataset-reference"
            className="input"
            placeholder="owner/name"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={reference}
            onChange={(event) => usePrompts.setState({ reference: event.currentTarget.value })}
          />
          <Button type="submit" disabled={lookUp.status === 'asking' || reference.trim() === ''}>
            <Search aria-hidden="true" /> Look up
          </Button>
        </div>
      </form>
      <div ref={answer} className="dataset-answer" tabIndex={-1} aria-live="polite">
        {lookUp.status === 'none' && (
          <p className="quiet">
            Looking up fetches a list of files, nothing more. Sizes are shown before anything is fetched.
          </p>
        )}
        {lookUp.status === 'asking' && <p className="quiet">Asking the Hub for {lookUp.reference} …</p>}
        {lookUp.status === 'failed' && (
          <>
            <Notice look="failure" message={lookUp.failure.message} advice={lookUp.failure.advice} />
            {(lookUp.failure.code === 'gated' || lookUp.failure.code === 'not-found') && <Token />}
          </>
        )}
        {lookUp.status === 'offer' && <Files offer={lookUp.offer} />}
      </div>
    </section>
  );
}

/** The same account as for models. */
function Token() {
  const token = useModels((state) => state.token);
  return <TokenField value={token} onChange={(value) => useModels.setState({ token: value })} />;
}

function Files({ offer }: { readonly offer: DatasetOffer }) {
  const token = useModels((state) => state.token);
  const { repository, revision, licence, gated, files, more, cut, wanted } = offer;
  return (
    <>
      <h3>{repository}</h3>
      <p className="quiet">
        <code title={`Commit ${revision}`}>@{revision.slice(0, 7)}</code> · {licence ?? 'no licence named'}
      </p>
      {gated && <Token />}
      <ul className="dataset-files">
        {files.map(({ name, bytes: size, refused }) => (
          <li key={name}>
            <span className="dataset-file">{name}</span>
            <Button
              look={name === wanted || files.length === 1 ? 'primary' : 'plain'}
              disabled={refused !== null || (gated && token === '')}
              aria-label={`Fetch ${bytes(size)}: ${name}`}
              onClick={() => fetchDataset(offer, name)}
            >
              <Download aria-hidden="true" /> Fetch {bytes(size)}
            </Button>
            {refused !== null && <span className="dataset-refused">{refused}</span>}
          </li>
        ))}
      </ul>
      {(more > 0 || cut) && (
        <p className="quiet">
          {more > 0 &&
            `The first ${count(files.length)} of ${count(files.length + more)} files with prompts; the link of a file puts that one first. `}
          {cut && 'The data set has more files than the 5,000 that were listed.'}
        </p>
      )}
    </>
  );
}
