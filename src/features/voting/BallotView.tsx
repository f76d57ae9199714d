import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Ballot, Vote } from '../../records/judgements';
import { castVote, choose, nextBallot } from '../../state/judging/voting';
import { useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import { ResponseText } from '../../ui/ResponseText';

interface Props {
  readonly ballot: Ballot;
  readonly best: number | null;
  /** Null until the choice is made. */
  readonly vote: Vote | null;
  readonly casting: boolean;
  readonly undo: ReactNode;
}

/** Responses that can be chosen by a number key. Further ones are reached with the arrow keys. */
const MAX_KEYS = 9;

export function BallotView({ ballot, best, vote, casting, undo }: Props) {
  const open = vote === null;
  const article = useRef<HTMLElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const group = 'Your choice';
  const question = best === null ? 'Which is the best?' : 'And which is the worst?';

  const goTo = (step: 1 | -1) => {
    const cards = [...(article.current?.querySelectorAll<HTMLElement>('.ballot-choose') ?? [])];
    const at = cards.findIndex((card) => card.matches(':focus'));
    const to = at < 0 ? (step > 0 ? 0 : cards.length - 1) : at + step;
    cards[Math.min(cards.length - 1, Math.max(0, to))]?.focus();
  };
  useCommands({
    ...Object.fromEntries(
      ballot.responses.slice(0, MAX_KEYS).map(({ candidate }, i) => [
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
    'next-response': { label: 'Next response', group, keys: ['ArrowRight'], enabled: open, run: () => goTo(1) },
    'previous-response': {
      label: 'Previous response',
      group,
      keys: ['ArrowLeft'],
      enabled: open,
      run: () => goTo(-1),
    },
    tie: { label: 'They are equal', group, keys: ['t'], enabled: open, run: () => void castVote('tie') },
    skip: { label: 'Skip this prompt', group, keys: ['s'], enabled: open, run: () => void castVote('skip') },
    'next-ballot': { label: 'Next prompt', group, keys: ['Enter'], enabled: !open, run: nextBallot },
  });

  // The focused button disappears when a choice is made or the next prompt is shown, so the focus is moved on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs whenever another ballot is shown
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement !== document.body && !article.current?.contains(activeElement)) return;
    (open ? article : next).current?.focus({ preventScroll: true });
  }, [ballot.id, open]);

  return (
    <article className="ballot" ref={article} tabIndex={-1} aria-label={ballot.instruction} aria-busy={casting}>
      <p className="prompt-text">{ballot.instruction}</p>
      <p className="ballot-ask" role="status">
        {vote === null ? question : voteWords(vote, ballot)}{' '}
        <span className="quiet">
          {open
            ? 'Press its number, or select it with ← and → and press Enter. Press t for a tie, s to skip.'
            : 'Press Enter for the next prompt, u to undo.'}
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

function voteWords(vote: Vote, { responses }: Ballot): string {
  if (vote === 'tie') return 'You rated them equal, so no pair is made.';
  if (vote === 'skip') return 'Skipped, so no pair is made.';
  const number = (candidate: number) => responses.findIndex((one) => one.candidate === candidate) + 1;
  return `You chose response ${number(vote.best)} over response ${number(vote.worst)}.`;
}
