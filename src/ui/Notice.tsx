import { CircleX, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Failure } from '../lib/errors';

interface Props {
  readonly look: 'offer' | 'warning' | 'failure';
  /** Says what happened, in one sentence. */
  readonly message: string;
  /** Says what is safe and what to do. */
  readonly advice?: string;
  /** Buttons. */
  readonly children?: ReactNode;
}

const ICONS = { offer: Info, warning: TriangleAlert, failure: CircleX };

export function Notice({ look, message, advice, children }: Props) {
  const Icon = ICONS[look];
  return (
    <div className={`notice notice-${look}`} role={look === 'failure' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden="true" />
      <p className="notice-text">
        <strong>{message}</strong> {advice}
      </p>
      {children}
    </div>
  );
}

/** A failure next to the control that caused it: what happened, and what to do. */
export function FailureText({ failure }: { readonly failure: Failure }) {
  return (
    <p className="failure-text" role="alert">
      <CircleX size={16} aria-hidden="true" />
      <span>
        <strong>{failure.message}</strong> {failure.advice}
      </span>
    </p>
  );
}
