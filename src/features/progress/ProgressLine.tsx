import { CirclePause, CirclePlay, Play, Save, StepForward } from 'lucide-react';
import { useEffect } from 'react';
import { pauseRun, resumeRun, stepOnce, stopRun, unpauseRun } from '../../state/actions';
import { useCommands } from '../../state/commands';
import { isTaking, useDrySample } from '../../state/dry-sample';
import { canTry, startOrTry, tryFormat } from '../../state/dry-sample-actions';
import { formatRoute } from '../../state/route';
import { isActive, useRun } from '../../state/run';
import { canStart, useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { count, duration } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { countWords, phaseWords, titleOf, whereWords } from './progress-words';
import './progress.css';

/** One line, always in sight: what the run does, how far it is, how fast, how long still; and the hand on it. */
export function ProgressLine() {
  const state = useRun();
  const { run, progress, asked } = state;
  const active = isActive(state);
  const shown = active || state.elsewhere !== null;
  const paused = run?.status === 'paused';
  const ready = useSession(canStart);
  const mayTry = useSession((session) => canTry(session, state));
  const taking = useDrySample(isTaking);
  const hasDevice = useSession((session) => session.device !== null);
  const unfinished = run !== null && !active && run.status !== 'finished' && state.elsewhere === null;

  useEffect(() => {
    document.title = titleOf(state);
  }, [state]);

  useCommands(
    {
      start: {
        label: 'Start a run',
        group: 'Run',
        enabled: mayTry && !taking,
        run: startOrTry,
      },
      try: { label: 'Try the format on 8 prompts', group: 'Run', enabled: mayTry && !taking, run: tryFormat },
      pause: {
        label: paused ? 'Continue' : 'Pause',
        group: 'Run',
        keys: [' '],
        enabled: active,
        run: paused ? unpauseRun : pauseRun,
      },
      step: { label: 'Step once', group: 'Run', keys: ['s'], enabled: active && paused, run: stepOnce },
      stop: { label: 'Stop and save', group: 'Run', enabled: active, run: stopRun },
    },
    'shell',
  );

  return (
    <footer className="progress tabular">
      <div className="progress-words">
        {state.elsewhere !== null && progress === null ? (
          <span className="progress-phase">Running in another tab</span>
        ) : shown && progress !== null ? (
          <>
            {state.elsewhere !== null && <span className="progress-where">In another tab:</span>}
            <span className="progress-phase">
              {paused ? `Paused: ${phaseWords(progress).toLowerCase()}` : phaseWords(progress)}
            </span>
            <span className="progress-count">{countWords(progress)}</span>
            <span className="progress-where">{whereWords(progress)}</span>
          </>
        ) : active || asked === 'start' ? (
          <span className="progress-phase">Starting …</span>
        ) : taking ? (
          <span className="progress-phase">Trying the format …</span>
        ) : (
          <span className="progress-idle">
            {idleWords(run?.status, run?.name)}{' '}
            {run !== null && <a href={formatRoute({ place: 'runs', run: run.id, others: [] })}>See it under Runs</a>}
          </span>
        )}
      </div>
      {shown && progress !== null && (
        <>
          <div className="progress-meter">
            <Meter share={progress.total === 0 ? 0 : progress.done / progress.total} label={phaseWords(progress)} />
          </div>
          <span className="progress-speed">
            {progress.tokensPerSecond !== null && `${count(progress.tokensPerSecond)} tokens/s`}
          </span>
          <span className="progress-left">
            {progress.secondsLeft !== null && `${duration(progress.secondsLeft)} left`}
          </span>
        </>
      )}
      <div className="progress-hand">
        {active && (
          <>
            <Button onClick={paused ? unpauseRun : pauseRun} disabled={asked === 'pause' || asked === 'stop'}>
              {paused ? <CirclePlay aria-hidden="true" /> : <CirclePause aria-hidden="true" />}
              {asked === 'pause' ? 'Pausing …' : paused ? 'Continue' : 'Pause'}
            </Button>
            <Button
              onClick={stepOnce}
              disabled={!paused || asked === 'step'}
              title={paused ? 'One prompt or one training step' : 'Pause first'}
            >
              <StepForward aria-hidden="true" /> Step once
            </Button>
            <Button onClick={stopRun} disabled={asked === 'stop'}>
              <Save aria-hidden="true" /> {asked === 'stop' ? 'Saving …' : 'Stop and save'}
            </Button>
          </>
        )}
        {unfinished && (
          <Button look="primary" onClick={() => resumeRun(run.id)} disabled={asked !== null || !hasDevice}>
            <CirclePlay aria-hidden="true" /> Go on
          </Button>
        )}
        {run !== null && !active && state.elsewhere === null && (
          <Button
            look={unfinished ? 'plain' : 'primary'}
            onClick={startOrTry}
            disabled={!ready || asked !== null || taking}
          >
            <Play aria-hidden="true" /> Start a new run
          </Button>
        )}
      </div>
    </footer>
  );
}

function idleWords(status: string | undefined, name: string | undefined): string {
  if (status === undefined) return 'Nothing runs yet.';
  if (status === 'finished') return `${name} is finished.`;
  if (status === 'failed') return `${name} stopped with an error. What it had done is kept.`;
  return `${name} waits. Everything it had done is kept.`;
}
