import { Download, Search } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { DatasetOffer } from '../../../records/prompt-import';
import { modelsStore } from '../../../state/models/models';
import { fetchDataset, lookUpDataset } from '../../../state/prompts/prompt-actions';
import { promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { Button } from '../../../ui/Button';
import { bytes, count } from '../../../ui/format';
import { Notice } from '../../../ui/Notice';
import { TokenField } from '../../../ui/TokenField';

/** A dataset of the Hub. Nothing is downloaded until the user presses a button that shows the size. */
export function FromDataset() {
  const reference = useStore(promptsStore, (state) => state.reference);
  const lookUp = useStore(promptsStore, (state) => state.lookUp);
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
          Dataset id or link
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
            onChange={(event) => promptsStore.setState({ reference: event.currentTarget.value })}
          />
          <Button type="submit" disabled={lookUp.status === 'asking' || reference.trim() === ''}>
            <Search aria-hidden="true" /> Look up
          </Button>
        </div>
      </form>
      <div ref={answer} className="dataset-answer" tabIndex={-1} aria-live="polite">
        {lookUp.status === 'none' && (
          <p className="quiet">
            “Look up” lists the files and their sizes. Nothing is downloaded until you choose a file.
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

/** The access token, which models and datasets share. */
function Token() {
  const token = useStore(modelsStore, (state) => state.token);
  return <TokenField value={token} onChange={(value) => modelsStore.setState({ token: value })} />;
}

function Files({ offer }: { readonly offer: DatasetOffer }) {
  const token = useStore(modelsStore, (state) => state.token);
  const { repository, revision, licence, gated, files, more, cut, linkedFile } = offer;
  return (
    <>
      <h3>{repository}</h3>
      <p className="quiet">
        <code title={`Commit ${revision}`}>@{revision.slice(0, 7)}</code> · {licence ?? 'no licence stated'}
      </p>
      {gated && <Token />}
      <ul className="dataset-files">
        {files.map(({ name, bytes: size, refused }) => (
          <li key={name}>
            <span className="dataset-file">{name}</span>
            <Button
              look={name === linkedFile || files.length === 1 ? 'primary' : 'plain'}
              disabled={refused !== null || (gated && token === '')}
              aria-label={`Download ${bytes(size)}: ${name}`}
              onClick={() => fetchDataset(offer, name)}
            >
              <Download aria-hidden="true" /> Download {bytes(size)}
            </Button>
            {refused !== null && <span className="dataset-refused">{refused}</span>}
          </li>
        ))}
      </ul>
      {(more > 0 || cut) && (
        <p className="quiet">
          {more > 0 &&
            `The first ${count(files.length)} of ${count(files.length + more)} files with prompts. ` +
              'To list a certain file first, look up its link. '}
          {cut && 'The dataset has more files than the 5,000 that were listed.'}
        </p>
      )}
    </>
  );
}
