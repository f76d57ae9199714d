import type { LiveCandidates, Rollout } from '../records/candidates';
import type { LabEvent } from '../records/events';
import { judgesStore } from './judging/judges';
import { setRejudgeProgress, updatePairs } from './judging/pairs';
import { votingStore } from './judging/voting';
import { modelsStore, putDownload } from './models/models';
import { setSelfTestProgress } from './models/self-test';
import { setPromptProgress } from './prompts/prompts';
import { type CurrentRun, currentRunStore, upsert } from './runs/current-run';
import { hideDrySample, setDrySampleProgress } from './runs/dry-sample';
import { rollouts } from './runs/rollout-store';
import { steps } from './runs/step-store';
import { sessionStore } from './session/session';

/** Events applied in one frame. More of them, as when a run is shown again, are spread over several frames. */
const PER_FRAME = 200;
/**
 * Interval in a hidden tab, where the browser runs no animation frames. Its title and its records are still updated.
 */
const HIDDEN_MS = 500;

const waiting: LabEvent[] = [];
let scheduled = false;

/** Applies the worker's events to the stores, a bounded number of them per frame. */
export function receiveEvents(events: readonly LabEvent[]): void {
  waiting.push(...events);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const run = () => {
    scheduled = false;
    applyEvents(waiting.splice(0, PER_FRAME));
    if (waiting.length > 0) schedule();
  };
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}

function applyEvents(events: readonly LabEvent[]): void {
  let next: CurrentRun = currentRunStore.getState();
  const before = next;
  const finished: Rollout[] = [];
  const live = new Map<string, LiveCandidates>();

  for (const event of events) {
    switch (event.type) {
      case 'run': {
        const { run } = event;
        const active = run.status === 'running' || run.status === 'paused';
        if (next.run !== null && next.run.id !== run.id && active) {
          rollouts.reset([]);
          steps.reset([]);
          next = {
            ...next,
            progress: null,
            evaluations: [],
            iterations: [],
            sftSteps: [],
            warnings: [],
            judging: null,
          };
        } else if (next.run !== null && next.run.id !== run.id) {
          break;
        }
        if (run.failure !== null && next.run?.failure?.message !== run.failure.message)
          sessionStore.setState({ failure: run.failure });
        next = { ...next, run, active, asked: stillAsked(next.asked, run.status) };
        if (!active) rollouts.dropUnfinished();
        // A running run takes the place of a dry sample in the Lab.
        else hideDrySample();
        break;
      }
      case 'progress':
        next = { ...next, progress: event.progress };
        break;
      case 'live':
        for (const one of event.live) live.set(`${one.purpose}/${one.iteration}/${one.arm}/${one.position}`, one);
        break;
      case 'rollout':
        finished.push(event.rollout);
        break;
      case 'step':
        steps.push(event.step);
        break;
      case 'sft-step':
        // A resumed run repeats steps; the repeated step replaces the first one.
        next = { ...next, sftSteps: [...next.sftSteps.filter(({ step }) => step < event.step.step), event.step] };
        break;
      case 'iteration':
        next = { ...next, iterations: upsert(next.iterations, event.iteration) };
        break;
      case 'judge-facts': {
        const { iteration, arm, facts } = event;
        next = { ...next, judging: { iteration, arm, facts } };
        break;
      }
      case 'evaluation':
        next = { ...next, evaluations: upsert(next.evaluations, event.evaluation) };
        break;
      case 'warning':
        next = { ...next, warnings: [...next.warnings.filter((w) => w.code !== event.warning.code), event.warning] };
        break;
      case 'dry-sample':
        setDrySampleProgress(event.progress);
        break;
      case 'self-test':
        setSelfTestProgress(event.progress);
        break;
      case 'prompts':
        setPromptProgress(event.progress);
        break;
      case 'judge':
        judgesStore.setState({ busy: event.state });
        break;
      case 'ballots':
        if (next.run?.id === event.runId) votingStore.setState({ waiting: event.waiting });
        break;
      case 'rejudge':
        setRejudgeProgress(event.done, event.total);
        break;
      case 'other-tab':
        // `begin` then reads the run from storage: the other tab may have been closed without sending an event.
        next = { ...next, otherTab: event.runId, active: false };
        break;
      case 'download':
        putDownload(event.download);
        break;
      case 'models':
        modelsStore.setState(({ changes }) => ({ changes: changes + 1 }));
        break;
      default:
        event satisfies never;
    }
  }
  if (live.size > 0) rollouts.putLive([...live.values()]);
  if (finished.length > 0) {
    rollouts.putRollouts(finished);
    updatePairs(next.run?.id, finished);
  }
  if (next !== before) currentRunStore.setState(next);
}

/** The user's request that the run has not fulfilled yet, given its new status. */
function stillAsked(
  asked: CurrentRun['asked'],
  status: 'running' | 'paused' | 'stopped' | 'finished' | 'failed',
): CurrentRun['asked'] {
  if (asked === 'pause' && status === 'running') return asked;
  if (asked === 'stop' && (status === 'running' || status === 'paused')) return asked;
  return null;
}
