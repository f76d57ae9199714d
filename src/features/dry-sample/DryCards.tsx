import { useState } from 'react';
import type { DryCompletion, DrySample } from '../../records/candidates';
import { Button } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { type CandidateView, MALFORMED } from '../../ui/candidate/candidate-view';

/** The completions of a dry sample, parsed into thought and response or as raw text. */
export function DryCards({ sample }: { readonly sample: DrySample }) {
  const [raw, setRaw] = useState(false);
  return (
    <>
      <div className="dry-bar">
        <h3>Completions</h3>
        <Button className="button-small" look="quiet" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          {raw ? 'Thought and response' : 'Raw text'}
        </Button>
      </div>
      <ol className="dry-cards">
        {sample.completions.map((completion, i) => (
          <li key={completion.promptId}>
            <p className="dry-instruction">{completion.instruction}</p>
            {raw ? (
              <Raw completion={completion} />
            ) : (
              <CandidateCard view={viewOf(completion, i)} foldThoughts={false} />
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

function Raw({ completion: { text, malformed } }: { readonly completion: DryCompletion }) {
  return (
    <div className="dry-raw">
      <pre>{text}</pre>
      {malformed !== null && <p className="dry-reason">{MALFORMED[malformed]}</p>}
    </div>
  );
}

function viewOf({ text, thought, response, malformed, tokens }: DryCompletion, index: number): CandidateView {
  return {
    index,
    thought,
    response: thought === '' && response === '' ? text : response,
    writing: false,
    tokens,
    score: null,
    scored: false,
    correct: null,
    malformed,
    mark: null,
    flag: null,
  };
}
