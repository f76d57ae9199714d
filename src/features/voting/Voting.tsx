import { Undo2 } from 'lucide-react';
import { useEffect } from 'react';
import { loadBallots, undoVote, votingStore } from '../../state/judging/voting';
import { useCommands, useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { refreshRuns, storedRunsStore } from '../../state/runs/stored-runs';
import { formatRoute } from '../../state/session/route';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { BallotView } from './BallotView';
import './voting.css';

/**
 * The user judges prompts one after the other. Responses are shuffled, and thoughts are hidden until the choice is
 * made.
 */
export function Voting({ run }: { readonly run: string }) {
  const { known, queue, waiting, done, total, best, voted, casting } = useStore(votingStore, (state) => ({
    known: state.run,
    queue: state.queue,
    waiting: state.waiting,
    done: state.done,
    total: state.total,
    best: state.best,
    voted: state.voted,
    casting: state.casting,
  }));
  useEffect(() => {
    void waiting;
    void loadBallots(run);
  }, [run, waiting]);
  useEffect(() => void refreshRuns(), []);
  const current = useStore(currentRunStore, (state) => state.run?.id === run);
  const missing =
    useStore(storedRunsStore, ({ list }) => list !== null && !list.some(({ id }) => id === run)) && !current;
  const nothingToUndo = done === 0 && best === null;
  useCommands({
    'undo-vote': {
      label: 'Undo the last choice',
      group: 'Your choice',
      keys: ['u'],
      enabled: known === run && !nothingToUndo,
      run: () => void undoVote(),
    },
  });
  if (missing) {
    return (
      <div className="place-empty">
        <h1>This run has been deleted.</h1>
      </div>
    );
  }
  if (known !== run) return <div className="lab-quiet" aria-busy="true" />;
  const ballot = voted?.ballot ?? queue[0];
  const undo = (
    <Button look="quiet" idle={nothingToUndo ? 'There is no choice to undo' : null} onClick={undoVote}>
      <Undo2 aria-hidden="true" /> Undo the last choice
    </Button>
  );
  return (
    <section className="voting scroll" aria-labelledby="voting-title">
      <header className="voting-head">
        <h1 id="voting-title">Your choice</h1>
        <p className="quiet tabular" role="status">
          {done} of {plural(total, 'prompt')} judged, {queue.length} waiting
        </p>
        <a className="button button-plain" href={formatRoute({ place: 'pairs', run, vote: false })}>
          All pairs
        </a>
      </header>
      <Meter share={total === 0 ? 0 : done / total} label="Prompts judged" />
      {ballot === undefined ? (
        <div className="voting-none">
          <p>
            No prompt is waiting for your choice. <MoreToCome run={run} />
          </p>
          {!nothingToUndo && undo}
        </div>
      ) : (
        <BallotView ballot={ballot} best={best} vote={voted?.vote ?? null} casting={casting} undo={undo} />
      )}
    </section>
  );
}

/** Says whether more prompts will come. */
function MoreToCome({ run }: { readonly run: string }) {
  const stored = useStore(storedRunsStore, ({ list }) => list?.find(({ id }) => id === run)?.status);
  const current = useStore(currentRunStore, (state) => (state.run?.id === run ? state.run.status : undefined));
  const active = useStore(
    currentRunStore,
    (state) => (state.run?.id === run && state.active) || state.otherTab === run,
  );
  const status = current ?? stored;
  if (active && status === 'paused') return 'The run is paused. More prompts appear here when it continues.';
  if (active) return 'The run is active, and more prompts will appear here.';
  if (status === 'finished') return 'This run is finished.';
  return status === undefined ? '' : 'The run is stopped. More prompts appear here when it continues.';
}
