import { closeImport } from '../../../state/prompts/prompt-actions';
import { promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { Button } from '../../../ui/Button';
import { bytes, percent } from '../../../ui/format';
import { Meter } from '../../../ui/Meter';
import { Notice } from '../../../ui/Notice';
import { ReadAs } from './ColumnMapping';
import { FromDataset } from './FromDataset';
import { FromFile } from './FromFile';
import { ReviewImport } from './ReviewImport';

/** Imports a prompt set: choose a source, review it, keep it. */
export function AddPrompts({ over }: { readonly over: boolean }) {
  const coming = useStore(promptsStore, (state) => state.coming);
  if (coming.status === 'read') return <ReviewImport coming={coming} />;
  return (
    <div className="set-view">
      <header className="set-head">
        <h1 className="set-title">Add prompts</h1>
        <p className="quiet">
          JSON Lines, JSON, CSV, TSV, Parquet or plain lines, also gzipped. You review the prompts before they are
          stored, and nothing leaves this machine.
        </p>
      </header>
      {coming.status === 'none' && coming.failure !== null && (
        <Notice look="failure" message={coming.failure.message} advice={coming.failure.advice}>
          {coming.readable && (
            <span className="read-as">
              <ReadAs format={null} />
            </span>
          )}
        </Notice>
      )}
      {coming.status === 'reading' ? (
        <section className="panel prompts-section" role="status">
          {coming.progress === null || coming.progress.done >= coming.progress.total ? (
            <p>
              Reading {coming.name}, {bytes(coming.bytes)} …
            </p>
          ) : (
            <>
              <p className="tabular">
                Downloading {coming.name}: {bytes(coming.progress.done)} of {bytes(coming.progress.total)},{' '}
                {percent(coming.progress.done / coming.progress.total, 0)}
              </p>
              <Meter share={coming.progress.done / coming.progress.total} label={`Downloading ${coming.name}`} />
            </>
          )}
          <Button onClick={closeImport}>Cancel</Button>
        </section>
      ) : (
        <div className="sources">
          <FromFile over={over} />
          <FromDataset />
        </div>
      )}
    </div>
  );
}
