import type { Fate } from './candidate-view';

/** What became of a candidate as a mark of 8 pixels: told apart by shape, colour only helps. */
export function FateMark({ fate }: { readonly fate: Fate }) {
  return (
    <svg className={`fate fate-${fate}`} width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
      {(fate === 'right' || fate === 'chosen') && <circle cx="4" cy="4" r="3.5" fill="currentColor" />}
      {(fate === 'wrong' || fate === 'rejected' || fate === 'plain') && (
        <circle cx="4" cy="4" r="2.9" fill="none" stroke="currentColor" strokeWidth="1.2" />
      )}
      {fate === 'malformed' && <path d="M1 1 7 7M7 1 1 7" stroke="currentColor" strokeWidth="1.4" />}
      {fate === 'writing' && <circle cx="4" cy="4" r="1.4" fill="currentColor" />}
    </svg>
  );
}
