import { CircleX } from 'lucide-react';
import type { Failure } from '../../lib/errors';

/** What happened and what to do, beside what was asked. */
export function Refusal({ failure }: { readonly failure: Failure }) {
  return (
    <p className="refusal" role="alert">
      <CircleX size={16} aria-hidden="true" />
      <span>
        <strong>{failure.message}</strong> {failure.advice}
      </span>
    </p>
  );
}
