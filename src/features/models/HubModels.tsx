import { Download, Search } from 'lucide-react';
import { type RefObject, useEffect, useRef } from 'react';
import type { HubChoice, HubOffer } from '../../records/models';
import { lookUpModel, startDownload } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { bytes, plural } from '../../ui/format';
import { FailureText } from '../../ui/Notice';
import { TokenField as Field } from '../../ui/TokenField';

/** Looks up a repository on the Hub. Nothing is downloaded until the user presses a button that shows the size. */
export function HubModels({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const reference = useStore(modelsStore, (state) => state.reference);
  const lookUp = useStore(modelsStore, (state) => state.lookUp);
  const asking = lookUp.status === 'asking';
  const answer = useRef<HTMLDivElement>(null);
  // A new answer is focused, because the user may have asked from another part of the page. An old one is not.
  const seen = useRef(lookUp);
  useEffect(() => {
    if (seen.current === lookUp) return;
    seen.current = lookUp;
    if (lookUp.status !== 'offer' && lookUp.status !== 'failed') return;
    answer.current?.focus({ preventScroll: true });
    answer.current?.scrollIntoView({ block: 'nearest' });
  }, [lookUp]);
  const again = lookUp.status === 'failed' ? lookUp.recommendedChoice : null;
  return (
    <section className="panel models-section" aria-labelledby="hub-title">
      <h2 id="hub-title">From the Hugging Face Hub</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void lookUpModel(reference, again);
        }}
      >
        <label htmlFor="hub-reference" className="field-label">
          Model id or link
        </label>
        <div className="hub-field">
          <input
            ref={field}
            id="hub-reference"
            className="input"
            placeholder="owner/name"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={reference}
            onChange={(event) => modelsStore.setState({ reference: event.currentTarget.value })}
          />
          <Button type="submit" disabled={asking || reference.trim() === ''}>
            <Search aria-hidden="true" /> Look up
          </Button>
        </div>
        {lookUp.status === 'failed' && lookUp.failure.code === 'gated' && <TokenField />}
      </form>
      <div ref={answer} className="hub-answer" tabIndex={-1} aria-live="polite">
        {lookUp.status === 'none' && (
          <p className="models-about">
            “Look up” lists the files and their sizes. Nothing is downloaded until you choose a file.
          </p>
        )}
        {lookUp.status === 'asking' && <p className="models-about">Asking the Hub for {lookUp.reference} …</p>}
        {lookUp.status === 'failed' && <FailureText failure={lookUp.failure} />}
        {lookUp.status === 'offer' && (
          <RepositoryFiles offer={lookUp.offer} recommendedChoice={lookUp.recommendedChoice} />
        )}
      </div>
    </section>
  );
}

interface FilesProps {
  readonly offer: HubOffer;
  /** Choice that is listed first, if the repository has it. */
  readonly recommendedChoice: string | null;
}

/** The files of a repository at one commit, each with a button that shows its size and downloads it. */
function RepositoryFiles({ offer, recommendedChoice }: FilesProps) {
  const token = useStore(modelsStore, (state) => state.token);
  const { repository, revision, licence, gated } = offer;
  const choices = offer.choices.toSorted(
    (a, b) => Number(b.name === recommendedChoice) - Number(a.name === recommendedChoice) || a.bytes - b.bytes,
  );
  return (
    <div className="offer">
      <h3>{repository}</h3>
      <p className="model-facts">
        <code title={`Commit ${revision}`}>@{revision.slice(0, 7)}</code> · {licence ?? 'no licence stated'}
        {gated && (
          <>
            {' '}
            <span className="tag">gated</span>
          </>
        )}
      </p>
      {gated && (
        <>
          <p>The owner requires you to accept the licence on the Hub first.</p>
          <TokenField />
        </>
      )}
      {recommendedChoice !== null && choices.every(({ name }) => name !== recommendedChoice) && (
        <p className="models-about">{recommendedChoice} is no longer in this repository.</p>
      )}
      {choices.length === 0 && <p>This repository has no files that Thinking Lab can read.</p>}
      <ul className="choices">
        {choices.map((choice) => (
          <Choice
            key={choice.name}
            offer={offer}
            choice={choice}
            locked={gated && token === ''}
            first={choice.name === recommendedChoice || choices.length === 1}
          />
        ))}
      </ul>
    </div>
  );
}

interface ChoiceProps {
  readonly offer: HubOffer;
  readonly choice: HubChoice;
  /** An access token is required first. */
  readonly locked: boolean;
  /** The recommended choice. */
  readonly first: boolean;
}

function Choice({ offer, choice, locked, first }: ChoiceProps) {
  const id = `hub/${offer.repository}@${offer.revision}/${choice.name}`;
  const stored = useStore(modelsStore, (state) => state.list?.some((model) => model.id === id) ?? false);
  const coming = useStore(modelsStore, (state) => state.downloads.some((download) => download.id === id));
  const storage = useStore(sessionStore, (session) => session.storage);
  const free = storage === null || storage.quota === 0 ? null : Math.max(0, storage.quota - storage.usage);
  const fits = free === null || choice.bytes <= free;
  return (
    <li className="choice">
      <span className="choice-type">{typeOf(choice.name)}</span>
      {stored ? (
        <span className="tag">stored</span>
      ) : coming ? (
        <span className="tag">downloading</span>
      ) : (
        <Button
          look={first ? 'primary' : 'plain'}
          disabled={!fits || locked}
          onClick={() => startDownload(offer, choice)}
          aria-label={`Download ${bytes(choice.bytes)}: ${choice.name}`}
        >
          <Download aria-hidden="true" /> Download {bytes(choice.bytes)}
        </Button>
      )}
      <span className="choice-about">
        {choice.files.length > 1 ? plural(choice.files.length, 'file') : choice.name}
        {!fits && free !== null && (
          <span className="choice-unfit">
            {' '}
            It does not fit: {bytes(free)} of storage are free. Delete a model or a run first.
          </span>
        )}
      </span>
    </li>
  );
}

/** The quantization in the name of a GGUF file: `Llama-3.2-1B-Instruct-Q4_K_M.gguf` → Q4_K_M. */
function typeOf(choice: string): string {
  return /[-.]((?:I?Q\d|B?F16|F32)\w*)\.gguf$/i.exec(choice)?.[1]?.toUpperCase() ?? choice;
}

/** The access token, which gated models require. */
export function TokenField() {
  const token = useStore(modelsStore, (state) => state.token);
  return <Field value={token} onChange={(value) => modelsStore.setState({ token: value })} />;
}
