import { ArrowDown, ArrowUp, Ban, Check, ChevronsUpDown, X } from 'lucide-react';
import { memo, useLayoutEffect, useRef, useState } from 'react';
import { IconButton } from '../Button';
import { measured } from '../format';
import { ResponseText } from '../ResponseText';
import { type CandidateView, MALFORMED } from './candidate-view';
import './candidate.css';
import type { CandidateStatus } from './candidate-view';

interface Props {
  readonly view: CandidateView;
  readonly foldThoughts: boolean;
  /** Show the whole text, however long. */
  readonly inFull?: boolean;
}

/**
 * A candidate: its thought in quiet type, its response in normal type, its score, and whether it was chosen or
 * rejected. The height of the text is fixed, so that nothing moves while it is generated. A longer text can be
 * opened.
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
      aria-label={`Candidate ${view.index + 1}${stateWords(view)}`}
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
            label={`Show ${open ? 'less' : 'all'} of candidate ${view.index + 1}`}
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
          <p className="card-reason" title="A response that addresses the judge may win for that reason alone">
            Addresses the judge: “{view.flag}”
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

function stateWords(view: CandidateView): string {
  const parts = [view.mark, view.malformed === null ? null : 'malformed', view.writing ? 'being generated' : null];
  return parts
    .filter((part) => part !== null)
    .map((part) => `, ${part}`)
    .join('');
}

/** The status of a candidate as a mark of 8 pixels. The marks differ in shape; colour only helps. */
export function CandidateMark({ status }: { readonly status: CandidateStatus }) {
  return (
    <svg
      className={`candidate-mark candidate-mark-${status}`}
      width="8"
      height="8"
      viewBox="0 0 8 8"
      aria-hidden="true"
    >
      {(status === 'right' || status === 'chosen') && <circle cx="4" cy="4" r="3.5" fill="currentColor" />}
      {(status === 'wrong' || status === 'rejected' || status === 'plain') && (
        <circle cx="4" cy="4" r="2.9" fill="none" stroke="currentColor" strokeWidth="1.2" />
      )}
      {status === 'malformed' && <path d="M1 1 7 7M7 1 1 7" stroke="currentColor" strokeWidth="1.4" />}
      {status === 'writing' && <circle cx="4" cy="4" r="1.4" fill="currentColor" />}
    </svg>
  );
}
