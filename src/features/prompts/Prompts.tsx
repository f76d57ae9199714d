import { FilePlus2, Sparkles } from 'lucide-react';
import { type DragEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { readDropped } from '../../state/prompts/prompt-actions';
import { promptsStore } from '../../state/prompts/prompts';
import { useStore } from '../../state/react';
import { ADD_PROMPTS, formatRoute, go, MAKE_PROMPTS } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { refreshPromptSets } from '../../state/session/session-actions';
import { Notice } from '../../ui/Notice';
import { GeneratePrompts } from './generate/GeneratePrompts';
import { AddPrompts } from './import/AddPrompts';
import './prompts.css';
import { SetList } from './sets/SetList';
import { SetView } from './sets/SetView';

/** The Prompts page: all prompt sets, the one that is shown, and the forms that import or generate prompts. */
export function Prompts({ show }: { readonly show: string | null }) {
  const sets = useStore(sessionStore, (session) => session.promptSets);
  const { prompts, heldout } = useStore(sessionStore, (session) => session.recipe);
  const [over, setOver] = useState(false);
  useEffect(() => void refreshPromptSets(), []);
  const main = useLostFocus(show);
  const Heading = show === null ? 'h1' : 'h2';
  const set = sets.find(({ id }) => id === show);
  return (
    <section
      className="prompts"
      data-over={over}
      aria-label="Prompt sets"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)))
          setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        dropped(event);
      }}
    >
      <aside className="panel prompts-side scroll" aria-label="All prompt sets">
        <Heading>Prompts</Heading>
        <div className="prompts-buttons">
          <a className="button" href={formatRoute({ place: 'prompts', show: ADD_PROMPTS })}>
            <FilePlus2 aria-hidden="true" /> Add prompts
          </a>
          <a className="button" href={formatRoute({ place: 'prompts', show: MAKE_PROMPTS })}>
            <Sparkles aria-hidden="true" /> Generate with a model
          </a>
        </div>
        <SetList sets={sets} shown={show} />
      </aside>
      <div ref={main} className="prompts-main scroll" tabIndex={-1}>
        {prompts === heldout && (
          <Notice
            look="warning"
            message="The recipe cannot start, because it evaluates the model on its training prompts."
            advice={
              'The results would only show what the model has memorised. Choose another held-out ' +
              'set, or split a file when you import it.'
            }
          />
        )}
        {show === ADD_PROMPTS ? (
          <AddPrompts over={over} />
        ) : show === MAKE_PROMPTS ? (
          <GeneratePrompts />
        ) : set !== undefined ? (
          <SetView key={set.id} set={set} />
        ) : show !== null && sets.length > 0 ? (
          <p className="prompts-choose">
            There is no prompt set {show} in this browser.{' '}
            <a href={formatRoute({ place: 'prompts', show: ADD_PROMPTS })}>Add its file</a>, or choose another set.
          </p>
        ) : (
          <p className="prompts-choose">
            {over
              ? 'Drop it to read the file.'
              : 'Choose a set to see its prompts, or drop a file of your own anywhere on this page.'}
          </p>
        )}
      </div>
    </section>
  );
}

/**
 * Focuses the page when the focused element has disappeared, because a set was stored or deleted or a file was read.
 * Otherwise keyboard navigation would start again at the top of the document.
 */
function useLostFocus(show: string | null): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null);
  const began = useRef(false);
  const coming = useStore(promptsStore, (state) => state.coming.status);
  const making = useStore(promptsStore, (state) => state.making.status);
  const pendingDeletes = useStore(promptsStore, (state) => state.pendingDeletes);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of them may remove the focused element
  useEffect(() => {
    if (began.current && document.activeElement === document.body) host.current?.focus({ preventScroll: true });
    began.current = true;
  }, [show, coming, making, pendingDeletes]);
  return host;
}

function dropped(event: DragEvent): void {
  const files = [...event.dataTransfer.files];
  event.preventDefault();
  if (files.length === 0) return;
  go({ place: 'prompts', show: ADD_PROMPTS });
  void readDropped(files);
}
