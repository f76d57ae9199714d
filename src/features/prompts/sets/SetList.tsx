import type { PromptSetInfo } from '../../../records/prompt-sets';
import { undoDeletePromptSet } from '../../../state/prompts/prompt-actions';
import { promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { formatRoute } from '../../../state/session/route';
import { sessionStore } from '../../../state/session/session';
import { refreshPromptSets } from '../../../state/session/session-actions';
import { Button } from '../../../ui/Button';
import { plural } from '../../../ui/format';
import { originWords } from './prompt-set-words';

interface Props {
  readonly sets: readonly PromptSetInfo[];
  readonly shown: string | null;
}

export function SetList({ sets, shown }: Props) {
  const pendingDeletes = useStore(promptsStore, (state) => state.pendingDeletes);
  const { prompts, heldout } = useStore(sessionStore, (session) => session.recipe);
  const failed = useStore(sessionStore, (session) => session.failure !== null);
  // The list always contains the bundled sets, so an empty one has not been read yet.
  if (sets.length === 0) {
    return failed ? (
      <p className="quiet rows-none">
        The stored prompt sets could not be read.
        <Button className="button-small" onClick={refreshPromptSets}>
          Try again
        </Button>
      </p>
    ) : (
      <p className="quiet prompts-none">Reading the stored prompt sets …</p>
    );
  }
  return (
    <>
      <ul className="set-list">
        {sets.map((set) =>
          pendingDeletes.has(set.id) ? (
            <li key={set.id} className="set-item set-going">
              <span>{set.name} will be deleted.</span>
              {/* It replaces the button that had the focus. */}
              <Button className="button-small" autoFocus onClick={() => undoDeletePromptSet(set.id)}>
                Undo
              </Button>
            </li>
          ) : (
            <li key={set.id} className="set-item" data-shown={set.id === shown}>
              <a
                className="set-link"
                href={formatRoute({ place: 'prompts', show: set.id })}
                aria-current={set.id === shown ? 'true' : undefined}
              >
                <span className="set-name">{set.name}</span>
                {set.id === prompts && <span className="tag">training</span>}
                {set.id === heldout && <span className="tag">held out</span>}
                <span className="set-about tabular">
                  {plural(set.rows, 'prompt')} · {originWords(set.origin)}
                </span>
              </a>
            </li>
          ),
        )}
      </ul>
      {sets.every(({ bundled }) => bundled) && (
        <p className="prompts-none quiet">Prompt sets that you add are kept in this browser until you delete them.</p>
      )}
    </>
  );
}
