import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Ballot, Vote } from '../../records/votes';
import { useCommands } from '../../state/commands';
import { castVote, choose, nextBallot } from '../../state/voting-actions';
import { Button } from '../../ui/Button';
import { ResponseText } from '../../ui/ResponseText';

interface Props {
  readonly ballot: Ballot;
  readonly best: number | null;
  /** Once the choice is made. */
  readonly vote: Vote | null;
  readonly casting: boolean;
  readonly undo: ReactNode;
}

/** A number has one digit; whoever stands behind the ninth is gone to by the arrow keys. */
const WITH_KEYS = 9;

export function OneBallot({ ballot, best, vote, casting, undo }: Props) {
  const open = vote === null;
  const article = useRef<HTMLElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const group = 'Your choice';

  const goTo = (step: 1 | -1) => {
    const cards = [...(article.current?.querySelectorAll<HTMLElement>('.ballot-choose') ?? [])];
    const at = cards.findIndex((card) => card.matches(':focus'));
    const to = at < 0 ? (step > 0 ? 0 : cards.length - 1) : at + step;
    cards[Math.min(cards.length - 1, Math.max(0, to))]?.focus();
  };
  useCommands({
    ...Object.fromEntries(
      ballot.responses.slice(0, WITH_KEYS).map(({ candidate }, i) => [
        `choose-${i + 1}`,
        {
          label: best === null ? `Response ${i + 1} is the best` : `Response ${i + 1} is the worst`,
          group,
          keys: [String(i + 1)],
          enabled: open,
          run: () => void choose(candidate),
        },
      ]),
    ),
    'next-response': { label: 'To the next response', group, keys: ['ArrowRight'], enabled: open, run: () => goTo(1) },
    'previous-response': {
      label: 'To the previous response',
      group,
      keys: ['ArrowLeft'],
      enabled: open,
      run: () => goTo(-1),
    },
    tie: { label: 'They are equal', group, keys: ['t'], enabled: open, run: () => void castVote('tie') },
    skip: { label: 'Skip this prompt', group, keys: ['s'], enabled: open, run: () => void castVote('skip') },
    'next-ballot': { label: 'Next prompt', group, keys: ['Enter'], enabled: !open, run: nextBallot },
  });

  // What was pressed is gone once a choice is made, or the next prompt has come: the focus goes on with the reader.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another ballot is shown
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement !== document.body && !article.current?.contains(activeElement)) return;
    (open ? article : next).current?.focus({ preventScroll: true });
  }, [ballot.id, open]);

  return (
    <article className="ballot" ref={article} tabIndex={-1} aria-label={ballot.instruction} aria-busy={casting}>
      <p className="prompt-text">{ballot.instruction}</p>
      <p className="ballot-ask" role="status">
        {vote !== null ? said(vote, ballot) : best === null ? 'Which is the best?' : 'And which is the worst?'}{' '}
        <span className="quiet">
          {open
            ? 'Press its number, or go to it by ← and → and press Enter; t: they are equal, s: skip.'
            : 'Enter: the next prompt, u: take it back.'}
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
          <Button look="primary" ref={next} onClick={nextBallot}>
            Next <ChevronRight aria-hidden="true" />
          </Button>
        )}
        {undo}
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
