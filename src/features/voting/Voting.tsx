import { Undo2 } from 'lucide-react';
import { useEffect } from 'react';
import { useCommands } from '../../state/commands';
import { formatRoute } from '../../state/route';
import { useRun } from '../../state/run';
import { refreshRuns, useRuns } from '../../state/runs';
import { useVoting } from '../../state/voting';
import { loadBallots, undoVote } from '../../state/voting-actions';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { OneBallot } from './OneBallot';
import './voting.css';

/** The reader is the judge: blind, shuffled, one prompt after the other. Thoughts are shown once the choice is made. */
export function Voting({ run }: { readonly run: string }) {
  const { run: known, queue, waiting, done, total, best, voted, casting } = useVoting();
  useEffect(() => {
    void waiting;
    void loadBallots(run);
  }, [run, waiting]);
  useEffect(() => void refreshRuns(), []);
  const current = useRun((state) => state.run?.id === run);
  const missing = useRuns(({ list }) => list !== null && !list.some(({ id }) => id === run)) && !current;
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
  const stored = useRuns(({ list }) => list?.find(({ id }) => id === run)?.status);
  const current = useRun((state) => (state.run?.id === run ? state.run.status : undefined));
  const going = useRun((state) => (state.run?.id === run && state.active) || state.elsewhere === run);
  const status = current ?? stored;
  if (going && status === 'paused') return 'The run is paused: what it writes when it goes on comes here.';
  if (going) return 'The run goes on writing, and whatever it has written comes here.';
  if (status === 'finished') return 'This run is finished.';
  return status === undefined ? '' : 'The run has stopped: what it writes when it goes on comes here.';
}
