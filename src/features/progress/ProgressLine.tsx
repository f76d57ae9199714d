import { CirclePause, CirclePlay, Play, Save, StepForward } from 'lucide-react';
import { useEffect } from 'react';
import { useCommands, useStore } from '../../state/react';
import { currentRunStore, isActive, isIdle } from '../../state/runs/current-run';
import { drySampleStore, isSampling, startDrySample, startOrSample } from '../../state/runs/dry-sample';
import { pauseRun, resumeRun, stepOnce, stopRun, unpauseRun } from '../../state/runs/run-actions';
import { formatRoute } from '../../state/session/route';
import { canStart, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { duration, tokenSpeed } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { countWords, idleWords, pausedWords, phaseWords, titleOf, whereWords } from './progress-words';
import './progress.css';

/** The line at the bottom of every page: what the run does, how far and how fast, and the buttons that control it. */
export function ProgressLine() {
  return (
    <footer className="progress tabular">
      <ProgressStatus />
      <RunControls />
    </footer>
  );
}

/** A separate component, because it renders with every progress event and the buttons do not. */
function ProgressStatus() {
  const { progress, otherTab, active, asked, status, name, runId } = useStore(currentRunStore, (state) => ({
    progress: state.progress,
    otherTab: state.otherTab,
    active: isActive(state),
    asked: state.asked,
    status: state.run?.status,
    name: state.run?.name,
    runId: state.run?.id,
  }));
  const sampling = useStore(drySampleStore, isSampling);
  const title = useStore(currentRunStore, titleOf);
  useEffect(() => {
    document.title = title;
  }, [title]);
  const shown = (active || otherTab !== null) && progress !== null;

  return (
    <>
      <div className="progress-words">
        {shown ? (
          <>
            {otherTab !== null && <span className="progress-where">In another tab:</span>}
            <span className="progress-phase">
              {status === 'paused' ? pausedWords(progress) : phaseWords(progress)}
            </span>
            <span className="progress-count">{countWords(progress)}</span>
            <span className="progress-where">{whereWords(progress)}</span>
          </>
        ) : otherTab !== null ? (
          <span className="progress-phase">Running in another tab</span>
        ) : active || asked === 'start' ? (
          <span className="progress-phase">Starting …</span>
        ) : sampling ? (
          <span className="progress-phase">Trying the format …</span>
        ) : (
          <span className="progress-idle">
            {idleWords(status, name)}{' '}
            {runId !== undefined && (
              <a href={formatRoute({ place: 'runs', run: runId, others: [] })}>See it under Runs</a>
            )}
          </span>
        )}
      </div>
      {shown && (
        <>
          <div className="progress-meter">
            <Meter share={progress.total === 0 ? 0 : progress.done / progress.total} label={phaseWords(progress)} />
          </div>
          <span className="progress-speed">
            {progress.tokensPerSecond !== null && tokenSpeed(progress.tokensPerSecond)}
          </span>
          <span className="progress-left">
            {progress.secondsLeft !== null && `${duration(progress.secondsLeft)} left`}
          </span>
        </>
      )}
    </>
  );
}

/** The buttons and commands that start, pause, step, stop and resume a run. */
export function RunControls() {
  const { runId, status, otherTab, active, asked } = useStore(currentRunStore, (state) => ({
    runId: state.run?.id,
    status: state.run?.status,
    otherTab: state.otherTab,
    active: isActive(state),
    asked: state.asked,
  }));
  const ready = useStore(sessionStore, canStart);
  const idle = useStore(currentRunStore, isIdle);
  const sampling = useStore(drySampleStore, isSampling);
  const hasDevice = useStore(sessionStore, (session) => session.device !== null);
  const paused = status === 'paused';
  const stopped = runId !== undefined && !active && otherTab === null;
  const unfinished = stopped && status !== 'finished';
  const canBegin = ready && idle && !sampling;

  useCommands(
    {
      start: { label: 'Start a run', group: 'Run', enabled: canBegin, run: startOrSample },
      try: { label: 'Try the format on 8 prompts', group: 'Run', enabled: canBegin, run: startDrySample },
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
            title={paused ? 'Run one prompt or one training step, then pause again' : 'Pause the run first'}
          >
            <StepForward aria-hidden="true" /> Step once
          </Button>
          <Button onClick={stopRun} disabled={asked === 'stop'}>
            <Save aria-hidden="true" /> {asked === 'stop' ? 'Saving …' : 'Stop and save'}
          </Button>
        </>
      )}
      {unfinished && (
        <Button look="primary" onClick={() => resumeRun(runId)} disabled={asked !== null || !hasDevice}>
          <CirclePlay aria-hidden="true" /> Continue
        </Button>
      )}
      {stopped && (
        <Button
          look={unfinished ? 'plain' : 'primary'}
          onClick={startOrSample}
          disabled={!ready || asked !== null || sampling}
        >
          <Play aria-hidden="true" /> Start a new run
        </Button>
      )}
    </div>
  );
}
