import { closeImport, keepImport, measureImport, nameImport } from '../../../state/prompts/prompt-actions';
import { type Import, promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { sessionStore } from '../../../state/session/session';
import { Button } from '../../../ui/Button';
import { count, plural } from '../../../ui/format';
import { Notice } from '../../../ui/Notice';
import { Categories } from '../sets/Categories';
import { Lengths } from '../sets/Lengths';
import { answersSentence } from '../sets/prompt-set-words';
import { ColumnMapping } from './ColumnMapping';
import { ImportOptions } from './ImportOptions';
import { Faults, ImportPreview } from './ImportPreview';

type Read = Extract<Import, { status: 'read' }>;

/** Reviews a file: the mapping of its columns, the resulting prompts, and the button that stores them. */
export function ReviewImport({ coming }: { readonly coming: Read }) {
  const { table, plan, preview, lengths, failure, keeping, name } = coming;
  const model = useStore(sessionStore, (session) => session.recipe.model);
  const inTokens = useStore(promptsStore, (state) => state.inTokens);
  const refused = preview !== null && preview.faulty > 0 && plan.faulty === 'refuse';
  const kept = preview === null ? 0 : preview.training + preview.heldout;
  const characters = preview && { histogram: preview.lengths, measured: kept, rows: kept };
  return (
    <div className="set-view">
      <header className="set-head">
        <h1 className="set-title">{table.name}</h1>
        {table.more && (
          <Notice
            look="warning"
            message={`Only the first ${count(table.records)} rows are read.`}
            advice="The file has more rows. To import those too, split it into several files."
          />
        )}
      </header>
      <ColumnMapping table={table} plan={plan} />
      <ImportOptions plan={plan} preview={preview} />
      {failure !== null && <Notice look="failure" message={failure.message} advice={failure.advice} />}
      <section className="panel prompts-section keep" aria-labelledby="keep-title">
        <h2 id="keep-title">Result</h2>
        <p role="status" className="tabular">
          {preview !== null
            ? outcome(preview, plan)
            : failure === null
              ? `Processing ${plural(table.records, 'row')} …`
              : 'The rows could not be processed.'}
        </p>
        <form
          className="keep-form"
          onSubmit={(event) => {
            event.preventDefault();
            void keepImport();
          }}
        >
          <label htmlFor="import-name">Name</label>
          <input
            id="import-name"
            className="input"
            required
            maxLength={100}
            value={name}
            onChange={(event) => nameImport(event.currentTarget.value)}
          />
          <Button
            type="submit"
            look="primary"
            disabled={preview === null || kept === 0 || refused || keeping || name.trim() === ''}
          >
            {preview === null ? 'Keep' : `Keep ${plural(kept, 'prompt')}`}
          </Button>
          <Button onClick={closeImport}>Choose another file</Button>
        </form>
        {refused && (
          <p className="prompts-refused">
            {plural(preview.faulty, 'row')} {preview.faulty === 1 ? 'has an error' : 'have errors'}. Fix the file, or
            leave out such rows above.
          </p>
        )}
      </section>
      {preview !== null && (
        <>
          {preview.faulty > 0 && <Faults preview={preview} unit={table.unit} />}
          <div className="set-figures">
            <section className="panel prompts-section" aria-label="Lengths">
              <Lengths
                lengths={inTokens ? lengths : characters}
                model={model}
                inTokens={inTokens}
                onUnit={(tokens) => {
                  promptsStore.setState({ inTokens: tokens });
                  void measureImport();
                }}
              />
            </section>
            <section className="panel prompts-section" aria-labelledby="import-categories">
              <h2 id="import-categories">Categories</h2>
              <Categories categories={preview.categories} total={kept} />
            </section>
          </div>
          <ImportPreview preview={preview} unit={table.unit} split={plan.heldoutShare > 0} />
        </>
      )}
    </div>
  );
}

function outcome(preview: NonNullable<Read['preview']>, plan: Read['plan']): string {
  const { read, faulty, duplicates, nearDuplicates, training, heldout, answers, checked } = preview;
  const parts = [`${plural(read, 'row')} read`];
  if (faulty > 0) parts.push(`${count(faulty)} with ${faulty === 1 ? 'an error' : 'errors'}`);
  parts.push(`${plural(duplicates, 'duplicate')}${duplicates > 0 && !plan.dropDuplicates ? ' kept' : ''}`);
  if (plan.dropNearDuplicates) parts.push(plural(nearDuplicates, 'near-duplicate'));
  const sides = plan.heldoutShare > 0 ? ` (${count(training)} for training, ${count(heldout)} held out)` : '';
  return `${parts.join(', ')}: ${plural(training + heldout, 'prompt')}${sides}. ${answersSentence(answers, checked)}`;
}
