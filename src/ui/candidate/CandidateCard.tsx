import { ArrowDown, ArrowUp, Ban, Check, ChevronsUpDown, X } from 'lucide-react';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { IconButton } from '../Button';
import { measured } from '../format';
import { ResponseText } from '../ResponseText';
import { type CandidateView, MALFORMED } from './candidate-view';
import './candidate.css';

interface Props {
  readonly view: CandidateView;
  readonly foldThoughts: boolean;
  /** Its text to the end, whatever its length. */
  readonly inFull?: boolean;
}

/**
 * A candidate: thought in quiet type, response in normal type, then its score and what became of it. The room for its
 * text is reserved, so that nothing below it moves while it is written; longer texts open at the reader's wish.
 */
export const CandidateCard = memo(function CandidateCard({ view, foldThoughts, inFull = false }: Props) {
  const [opened, setOpened] = useState(false);
  const open = opened || inFull;
  const [cut, setCut] = useState(false);
  const body = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whether the text is cut depends on the text
  useLayoutEffect(() => {
    if (open || body.current === null) return;
    const parts = [...body.current.children];
    setCut(parts.some((part) => part.scrollHeight > part.clientHeight + 2));
  }, [view.thought, view.response, view.writing, foldThoughts, open]);

  const state = view.malformed !== null ? 'malformed' : (view.mark ?? (view.writing ? 'writing' : 'plain'));
  return (
    <article
      className={`card card-${state} ${open ? 'card-open' : ''}`}
      aria-label={`Candidate ${view.index + 1}${spoken(view)}`}
    >
      <header className="card-head">
        <span className="card-index">{view.index + 1}</span>
        <Mark view={view} />
        <span className="card-score tabular">
          {view.correct !== null &&
            view.malformed === null &&
            (view.correct ? <Check size={14} data-right aria-label="right" /> : <X size={14} aria-label="wrong" />)}
          {view.score !== null && (
            <span title="The judge’s score of the response">
              <span className="card-unit">score</span> {measured(view.score)}
            </span>
          )}
          {!view.scored && <span className="card-unit">{view.tokens} tokens</span>}
        </span>
        {(cut || open) && !inFull && !view.writing && (
          <IconButton
            label={`${open ? 'Less' : 'All'} of candidate ${view.index + 1}`}
            pressed={open}
            onClick={() => setOpened(!opened)}
          >
            <ChevronsUpDown />
          </IconButton>
        )}
      </header>
      <div className="card-body" ref={body}>
        {!foldThoughts && view.thought !== '' && (
          <p className={`card-thought ${view.writing && view.response === '' ? 'card-tail' : ''}`}>
            <span>{view.thought}</span>
          </p>
        )}
        <div className="card-response">
          <ResponseText text={view.response} />
        </div>
        {view.malformed !== null && <p className="card-reason">{MALFORMED[view.malformed]}</p>}
        {view.flag !== null && (
          <p className="card-reason" title="A response that addresses its judge may win by that alone">
            Speaks to the judge: “{view.flag}”
          </p>
        )}
      </div>
    </article>
  );
});

function Mark({ view }: { readonly view: CandidateView }) {
  return (
    <>
      {view.mark === 'chosen' && (
        <span className="card-mark card-mark-chosen">
          <ArrowUp size={14} aria-hidden="true" /> chosen
        </span>
      )}
      {view.mark === 'rejected' && (
        <span className="card-mark card-mark-rejected">
          <ArrowDown size={14} aria-hidden="true" /> rejected
        </span>
      )}
      {view.malformed !== null && (
        <span className="card-mark card-mark-malformed">
          <Ban size={14} aria-hidden="true" /> malformed
        </span>
      )}
    </>
  );
}

function spoken(view: CandidateView): string {
  const parts = [view.mark, view.malformed === null ? null : 'malformed', view.writing ? 'being written' : null];
  return parts
    .filter((part) => part !== null)
    .map((part) => `, ${part}`)
    .join('');
}
