import type { PromptSetInfo } from '../../records/prompts';
import { refreshPromptSets } from '../../state/actions';
import { undoDeletePromptSet } from '../../state/prompt-actions';
import { usePrompts } from '../../state/prompts';
import { formatRoute } from '../../state/route';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { originWords } from './origin-words';

interface Props {
  readonly sets: readonly PromptSetInfo[];
  readonly shown: string | null;
}

export function SetList({ sets, shown }: Props) {
  const going = usePrompts((state) => state.going);
  const { prompts, heldout } = useSession((session) => session.recipe);
  const failed = useSession((session) => session.failure !== null);
  // The bundled sets are always among them.
  if (sets.length === 0) {
    return failed ? (
      <p className="quiet rows-none">
        What is stored could not be read.
        <Button className="button-small" onClick={refreshPromptSets}>
          Read it again
        </Button>
      </p>
    ) : (
      <p className="quiet prompts-none">Reading what is stored …</p>
    );
  }
  return (
    <>
      <ul className="set-list">
        {sets.map((set) =>
          going.has(set.id) ? (
            <li key={set.id} className="set-item set-going">
              <span>{set.name} will be deleted.</span>
              {/* It takes the place of the button that deleted. */}
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
                {set.id === prompts && <span className="tag">trains</span>}
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
        <p className="prompts-none quiet">Sets that you add stay here, in this browser, until you delete them.</p>
      )}
    </>
  );
}
