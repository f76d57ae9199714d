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
import { OneBallot } from './OneBallot';
import './voting.css';

/** The reader is the judge: blind, shuffled, one prompt after the other. Thoughts are shown once the choice is made. */
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
      label: 'Take the last choice back',
      group: 'Your choice',
      keys: ['u'],
      enabled: known === run && !nothingToUndo,
      run: () => void undoVote(),
    },
  });
  if (missing) {
    return (
      <div className="place-empty">
        <h1>This run is not here any more.</h1>
      </div>
    );
  }
  if (known !== run) return <div className="lab-quiet" aria-busy="true" />;
  const ballot = voted?.ballot ?? queue[0];
  const undo = (
    <Button look="quiet" idle={nothingToUndo ? 'No choice waits to be taken back' : null} onClick={undoVote}>
      <Undo2 aria-hidden="true" /> Take the last choice back
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
            No prompt waits for you. <AndThen run={run} />
          </p>
          {!nothingToUndo && undo}
        </div>
      ) : (
        <OneBallot ballot={ballot} best={best} vote={voted?.vote ?? null} casting={casting} undo={undo} />
      )}
    </section>
  );
}

/** Whether more will come. */
function AndThen({ run }: { readonly run: string }) {
  const stored = useStore(storedRunsStore, ({ list }) => list?.find(({ id }) => id === run)?.status);
  const current = useStore(currentRunStore, (state) => (state.run?.id === run ? state.run.status : undefined));
  const going = useStore(
    currentRunStore,
    (state) => (state.run?.id === run && state.active) || state.otherTab === run,
  );
  const status = current ?? stored;
  if (going && status === 'paused') return 'The run is paused: what it writes when it goes on comes here.';
  if (going) return 'The run goes on writing, and whatever it has written comes here.';
  if (status === 'finished') return 'This run is finished.';
  return status === undefined ? '' : 'The run has stopped: what it writes when it goes on comes here.';
}
