import { Search } from 'lucide-react';
import { type RefObject, useEffect, useRef } from 'react';
import { lookUpModel } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { Offer } from './Offer';
import { Refusal } from './Refusal';
import { TokenField } from './TokenField';

/** One field, and what the Hub answers. Nothing is fetched before the reader presses a button that says how much. */
export function FromHub({ field }: { readonly field: RefObject<HTMLInputElement | null> }) {
  const reference = useStore(modelsStore, (state) => state.reference);
  const lookUp = useStore(modelsStore, (state) => state.lookUp);
  const asking = lookUp.status === 'asking';
  const answer = useRef<HTMLDivElement>(null);
  // The answer is brought to who asked, wherever on the place that was; not to who comes back later.
  const seen = useRef(lookUp);
  useEffect(() => {
    if (seen.current === lookUp) return;
    seen.current = lookUp;
    if (lookUp.status !== 'offer' && lookUp.status !== 'failed') return;
    answer.current?.focus({ preventScroll: true });
    answer.current?.scrollIntoView({ block: 'nearest' });
  }, [lookUp]);
  const again = lookUp.status === 'failed' ? lookUp.wanted : null;
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
            Looking up fetches a list of files, nothing more. Sizes are shown before anything is downloaded.
          </p>
        )}
        {lookUp.status === 'asking' && <p className="models-about">Asking the Hub for {lookUp.reference} …</p>}
        {lookUp.status === 'failed' && <Refusal failure={lookUp.failure} />}
        {lookUp.status === 'offer' && <Offer offer={lookUp.offer} wanted={lookUp.wanted} />}
      </div>
    </section>
  );
}
