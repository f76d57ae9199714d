import { FilePlus2, Sparkles } from 'lucide-react';
import { type DragEvent, useEffect, useState } from 'react';
import { refreshPromptSets } from '../../state/actions';
import { readPrompts } from '../../state/prompt-actions';
import { ADD_PROMPTS, formatRoute, go, MAKE_PROMPTS } from '../../state/route';
import { useSession } from '../../state/session';
import { Notice } from '../../ui/Notice';
import { AddPrompts } from './AddPrompts';
import { MakePrompts } from './MakePrompts';
import './prompts.css';
import { SetList } from './SetList';
import { SetView } from './SetView';

/** What does it learn from? */
export function Prompts({ show }: { readonly show: string | null }) {
  const sets = useSession((session) => session.promptSets);
  const { prompts, heldout } = useSession((session) => session.recipe);
  const [over, setOver] = useState(false);
  useEffect(() => void refreshPromptSets(), []);
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
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setOver(false);
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
            <Sparkles aria-hidden="true" /> Have a model write some
          </a>
        </div>
        <SetList sets={sets} shown={show} />
      </aside>
      <div className="prompts-main scroll">
        {prompts === heldout && (
          <Notice
            look="warning"
            message="The recipe would be evaluated on the prompts that it trains on, and cannot start."
            advice="Its curves would show what was learnt by heart: hold another set out, or split a file as it comes in."
          />
        )}
        {show === ADD_PROMPTS ? (
          <AddPrompts over={over} />
        ) : show === MAKE_PROMPTS ? (
          <MakePrompts />
        ) : set !== undefined ? (
          <SetView key={set.id} set={set} />
        ) : show !== null && sets.length > 0 ? (
          <p className="prompts-choose">There is no prompt set {show} in this browser.</p>
        ) : (
          <p className="prompts-choose">
            {over ? 'Let go to read it.' : 'Choose a set to see its prompts, or drop a file of your own anywhere on this page.'}
          </p>
        )}
      </div>
    </section>
  );
}

function dropped(event: DragEvent): void {
  const [file] = event.dataTransfer.files;
  event.preventDefault();
  if (file === undefined) return;
  go({ place: 'prompts', show: ADD_PROMPTS });
  void readPrompts({ kind: 'file', file, format: null });
}
