import { CircleX, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

interface Props {
  readonly look: 'offer' | 'warning' | 'failure';
  /** What happened, in one sentence. */
  readonly message: string;
  /** What is safe and what to do. */
  readonly advice?: string;
  /** Buttons. */
  readonly children?: ReactNode;
}

const SIGNS = { offer: Info, warning: TriangleAlert, failure: CircleX };

export function Notice({ look, message, advice, children }: Props) {
  const Sign = SIGNS[look];
  return (
    <div className={`notice notice-${look}`} role={look === 'failure' ? 'alert' : 'status'}>
      <Sign size={16} aria-hidden="true" />
      <p className="notice-text">
        <strong>{message}</strong> {advice}
      </p>
      {children}
    </div>
  );
}
