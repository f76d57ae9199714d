import { useState } from 'react';
import { FIELDS } from '../../recipe/recipe';
import type { Warning } from '../../records/progress';
import { votingStore } from '../../state/judging/voting';
import { undoChooseModel } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { currentRunStore, isActive } from '../../state/runs/current-run';
import { resumeRun } from '../../state/runs/run-actions';
import { formatRoute } from '../../state/session/route';
import { focusField, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { Notice } from '../../ui/Notice';
import './notices.css';

/** Messages above every page, each with advice or an action: failures, an unfinished run, open votes, and warnings. */
export function Notices() {
  const { run, otherTab, asked, warnings } = useStore(currentRunStore, ({ run, otherTab, asked, warnings }) => ({
    run,
    otherTab,
    asked,
    warnings,
  }));
  const active = useStore(currentRunStore, isActive);
  const failure = useStore(sessionStore, (session) => session.failure);
  const starting = useStore(sessionStore, (session) => session.starting);
  const noDevice = useStore(sessionStore, (session) => session.noDevice);
  const waiting = useStore(votingStore, (state) => state.waiting);
  const chosen = useStore(modelsStore, (models) => models.chosen);
  const [dismissed, setDismissed] = useState<readonly Warning[]>([]);
  const unfinished = run !== null && !active && otherTab === null && run.status !== 'finished' && !starting;
  const shown = warnings.filter((warning) => active && !dismissed.includes(warning));

  return (
    <div className="notices">
      {failure !== null && (
        <Notice look="failure" message={failure.message} advice={failure.advice}>
          {unfinished && noDevice === null && (
            <Button onClick={() => resumeRun(run.id)} disabled={asked !== null}>
              Continue {run.name}
            </Button>
          )}
          <Button look="quiet" onClick={() => sessionStore.setState({ failure: null })}>
            Dismiss
          </Button>
        </Notice>
      )}
      {chosen !== null && (
        <Notice look="offer" message={chosen.message} advice={chosen.advice}>
          <Button onClick={undoChooseModel}>Undo</Button>
          <Button look="quiet" onClick={() => modelsStore.setState({ chosen: null })}>
            Dismiss
          </Button>
        </Notice>
      )}
      {noDevice !== null && run !== null && (
        <Notice look="failure" message={noDevice.message} advice={noDevice.advice} />
      )}
      {otherTab !== null && (
        <Notice
          look="offer"
          message="A run is active in another tab."
          advice={
            'This tab only shows it. Pause or stop it in the other tab. You can start runs here when ' +
            'it has ended.'
          }
        />
      )}
      {unfinished && failure === null && (
        <Notice
          look="offer"
          message={`“${run.name}” is not finished.`}
          advice={
            `${run.failure === null ? '' : `${run.failure.message} ${run.failure.advice} `}${run.iterations} ` +
            `of ${plural(run.recipe.iterations, 'iteration')} done. Everything up to the last prompt ` +
            'or training step is saved.'
          }
        >
          <Button look="primary" onClick={() => resumeRun(run.id)} disabled={asked !== null || noDevice !== null}>
            Continue
          </Button>
        </Notice>
      )}
      {active && run !== null && waiting > 0 && (
        <Notice
          look="offer"
          message={`${plural(waiting, 'prompt')} ${waiting === 1 ? 'waits' : 'wait'} for your choice.`}
          advice="The run continues with other prompts meanwhile. Your choices are saved at once."
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
