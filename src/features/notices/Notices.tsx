import { useState } from 'react';
import { FIELDS } from '../../recipe/recipe';
import { resumeRun } from '../../state/actions';
import { focusField } from '../../state/focus-field';
import { undoChooseModel } from '../../state/model-actions';
import { useModels } from '../../state/models';
import { formatRoute } from '../../state/route';
import { isActive, useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { useVoting } from '../../state/voting';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { Notice } from '../../ui/Notice';
import './notices.css';
import type { Warning } from '../../records/runs';

/** What the reader should know now, each with a way out: failures, the offer to go on, warnings of the run. */
export function Notices() {
  const state = useRun();
  const { run, elsewhere, asked, warnings } = state;
  const failure = useSession((session) => session.failure);
  const starting = useSession((session) => session.starting);
  const noDevice = useSession((session) => session.noDevice);
  const waiting = useVoting((state) => state.waiting);
  const chosen = useModels((models) => models.chosen);
  const [dismissed, setDismissed] = useState<readonly Warning[]>([]);
  const active = isActive(state);
  const unfinished = run !== null && !active && elsewhere === null && run.status !== 'finished' && !starting;
  const shown = warnings.filter((warning) => active && !dismissed.includes(warning));

  return (
    <div className="notices">
      {failure !== null && (
        <Notice look="failure" message={failure.message} advice={failure.advice}>
          {unfinished && noDevice === null && (
            <Button onClick={() => resumeRun(run.id)} disabled={asked !== null}>
              Go on with {run.name}
            </Button>
          )}
          <Button look="quiet" onClick={() => useSession.setState({ failure: null })}>
            Dismiss
          </Button>
        </Notice>
      )}
      {chosen !== null && (
        <Notice look="offer" message={chosen.message} advice={chosen.advice}>
          <Button onClick={undoChooseModel}>Undo</Button>
          <Button look="quiet" onClick={() => useModels.setState({ chosen: null })}>
            Dismiss
          </Button>
        </Notice>
      )}
      {noDevice !== null && run !== null && (
        <Notice look="failure" message={noDevice.message} advice={noDevice.advice} />
      )}
      {elsewhere !== null && (
        <Notice
          look="offer"
          message="A run is going on in another tab."
          advice="This one only watches. Pause or stop it there; it can be started here once it has ended."
        />
      )}
      {unfinished && failure === null && (
        <Notice
          look="offer"
          message={`“${run.name}” is not finished.`}
          advice={`${run.failure === null ? '' : `${run.failure.message} ${run.failure.advice} `}${plural(run.iterations, 'iteration')} of ${run.recipe.iterations} done; everything up to its last prompt or training step is kept.`}
        >
          <Button look="primary" onClick={() => resumeRun(run.id)} disabled={asked !== null || noDevice !== null}>
            Go on
          </Button>
        </Notice>
      )}
      {active && run !== null && waiting > 0 && (
        <Notice
          look="offer"
          message={`${plural(waiting, 'prompt')} ${waiting === 1 ? 'waits' : 'wait'} for your choice.`}
          advice="The run goes on writing what it can meanwhile; what you choose is kept at once."
        >
          <a className="button button-primary" href={formatRoute({ place: 'pairs', run: run.id, vote: true })}>
            Choose
          </a>
        </Notice>
      )}
      {shown.map((warning) => (
        <Notice
          key={`${warning.code} ${warning.message}`}
          look="warning"
          message={warning.message}
          advice={warning.advice}
        >
          {warning.field !== null && (
            <Button onClick={() => warning.field && focusField(warning.field)}>
              Show “{FIELDS[warning.field].label}”
            </Button>
          )}
          <Button look="quiet" onClick={() => setDismissed([...dismissed, warning])}>
            Dismiss
          </Button>
        </Notice>
      ))}
    </div>
  );
}
