import { ChevronRight, Undo2 } from 'lucide-react';
import { useEffect } from 'react';
import { useCommands } from '../../state/commands';
import { formatRoute } from '../../state/route';
import { useVoting } from '../../state/voting';
import { castVote, choose, loadBallots, nextBallot, undoVote } from '../../state/voting-actions';
import { Button } from '../../ui/Button';
import { plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { ResponseText } from '../../ui/ResponseText';
import type { Ballot, Vote } from '../../worker/protocol';
import './voting.css';

/** The reader is the judge: blind, shuffled, one prompt after the other. Thoughts are shown once the choice is made. */
export function Voting({ run }: { readonly run: string }) {
  const { queue, waiting, done, total, best, voted } = useVoting();
  useEffect(() => {
    void waiting;
    void loadBallots(run);
  }, [run, waiting]);
  const ballot = voted?.ballot ?? queue[0] ?? null;
  const open = voted === null && ballot !== null;
  const keys = (ballot?.responses ?? []).slice(0, 9);
  useCommands({
    ...Object.fromEntries(
      keys.map(({ candidate }, i) => [
        `choose-${i + 1}`,
        {
          label: best === null ? `Response ${i + 1} is the best` : `Response ${i + 1} is the worst`,
          group: 'Your choice',
          keys: [String(i + 1)],
          enabled: open,
          run: () => void choose(candidate),
        },
      ]),
    ),
    tie: { label: 'They are equal', group: 'Your choice', keys: ['t'], enabled: open, run: () => void castVote('tie') },
    skip: { label: 'Skip this prompt', group: 'Your choice', keys: ['s'], enabled: open, run: () => void castVote('skip') },
    'undo-vote': { label: 'Take the last choice back', group: 'Your choice', keys: ['u'], run: () => void undoVote() },
    'next-ballot': { label: 'Next prompt', group: 'Your choice', keys: ['Enter'], enabled: voted !== null, run: nextBallot },
  });
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
      {ballot === null ? (
        <div className="voting-none">
          <p>No prompt waits for you. The run goes on writing, and whatever it has written comes here.</p>
          <Button onClick={undoVote}>
            <Undo2 aria-hidden="true" /> Take the last choice back
          </Button>
        </div>
      ) : (
        <OneBallot ballot={ballot} best={best} vote={voted?.vote ?? null} />
      )}
    </section>
  );
}

interface Props {
  readonly ballot: Ballot;
  readonly best: number | null;
  /** Once the choice is made. */
  readonly vote: Vote | null;
}

function OneBallot({ ballot, best, vote }: Props) {
  const open = vote === null;
  return (
    <article className="ballot" aria-label={ballot.instruction}>
      <p className="prompt-text">{ballot.instruction}</p>
      <p className="ballot-ask" role="status">
        {vote !== null ? said(vote, ballot) : best === null ? 'Which is the best?' : 'And which is the worst?'}{' '}
        <span className="quiet">
          {open ? 'Press its number, or choose it; t: they are equal, s: skip.' : 'Enter: the next prompt, u: take it back.'}
        </span>
      </p>
      <ol className="ballot-cards">
        {ballot.responses.map(({ candidate, text, thought }, i) => {
          const role = roleOf(candidate, best, vote);
          return (
            <li key={candidate} className="ballot-card" data-role={role}>
              <button
                type="button"
                className="ballot-choose"
                disabled={!open}
                aria-pressed={role !== null}
                onClick={() => choose(candidate)}
              >
                <span className="ballot-number">{i + 1}</span>
                <span>{role ?? (open ? `Choose as ${best === null ? 'best' : 'worst'}` : '')}</span>
              </button>
              {!open && thought !== '' && <p className="ballot-thought">{thought}</p>}
              <div className="ballot-response">
                <ResponseText text={text} />
              </div>
            </li>
          );
        })}
      </ol>
      <div className="ballot-hand">
        {open ? (
          <>
            <Button onClick={() => castVote('tie')}>They are equal</Button>
            <Button onClick={() => castVote('skip')}>Skip</Button>
          </>
        ) : (
          <Button look="primary" onClick={nextBallot}>
            Next <ChevronRight aria-hidden="true" />
          </Button>
        )}
        <Button look="quiet" onClick={undoVote}>
          <Undo2 aria-hidden="true" /> Take the last choice back
        </Button>
      </div>
    </article>
  );
}

function roleOf(candidate: number, best: number | null, vote: Vote | null): 'best' | 'worst' | null {
  if (vote === null) return candidate === best ? 'best' : null;
  if (vote === 'tie' || vote === 'skip') return null;
  return candidate === vote.best ? 'best' : candidate === vote.worst ? 'worst' : null;
}

function said(vote: Vote, { responses }: Ballot): string {
  if (vote === 'tie') return 'You find them equal: no pair.';
  if (vote === 'skip') return 'Skipped: no pair.';
  const number = (candidate: number) => responses.findIndex((one) => one.candidate === candidate) + 1;
  return `Response ${number(vote.best)} over response ${number(vote.worst)}.`;
}
