import type { MadeFault, MadePrompts } from '../../../records/prompt-sets';
import {
  discardGenerated,
  keepGenerated,
  nameGenerated,
  toggleGenerated,
} from '../../../state/prompts/generated-prompts';
import type { GeneratedPrompts } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { sessionStore } from '../../../state/session/session';
import { Button } from '../../../ui/Button';
import { count, percent, plural, tokenSpeed } from '../../../ui/format';
import { Notice } from '../../../ui/Notice';

const FAULT_WORDS: Record<MadeFault, string> = {
  empty: 'empty',
  unfinished: 'cut off at the maximum length',
  short: 'too short to be an instruction',
  long: 'too long',
  answered: 'contains an answer',
  about: 'refers to the examples',
  example: 'repeats one of its examples',
  known: 'duplicate or near-duplicate of the set',
  'held-out': 'duplicate or near-duplicate of the held-out set',
  repeated: 'duplicate or near-duplicate of another one',
};

/** The generated prompts, for the user to keep or discard. */
export function GeneratedList({
  making: { made, out, name: chosenName, failure },
}: {
  readonly making: GeneratedPrompts;
}) {
  const from = useStore(
    sessionStore,
    (session) => session.promptSets.find(({ id }) => id === made.how.from)?.name ?? made.how.from,
  );
  const name = chosenName ?? `${from}, generated`.slice(0, 100);
  const { kept, rejected, how } = made;
  const chosen = kept.length - out.size;
  return (
    <div className="set-view">
      <header className="set-head">
        <h1 className="set-title">
          {count(kept.length)} of {plural(how.written, 'prompt')} can be kept
        </h1>
        <p className="quiet">{finding(made)}</p>
      </header>
      {failure !== null && <Notice look="failure" message={failure.message} advice={failure.advice} />}
      <section className="panel prompts-section" aria-labelledby="made-title">
        <h2 id="made-title">Generated</h2>
        {kept.length === 0 ? (
          <p>
            None of the generated prompts can be used. Try a larger model, other examples or another temperature. The
            bundled model only knows its own small tasks.
          </p>
        ) : (
          <ul className="made">
            {kept.map((text, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list keeps its order
              <li key={i}>
                <label className="made-one">
                  <input type="checkbox" checked={!out.has(i)} onChange={() => toggleGenerated(i)} />
                  <span className="made-text">{text}</span>
                </label>
              </li>
            ))}
          </ul>
        )}
        <form
          className="keep-form"
          onSubmit={(event) => {
            event.preventDefault();
            void keepGenerated(name);
          }}
        >
          {kept.length > 0 && (
            <>
              <label htmlFor="made-name">Name</label>
              <input
                id="made-name"
                className="input"
                required
                maxLength={120}
                value={name}
                onChange={(event) => nameGenerated(event.currentTarget.value)}
              />
              <Button type="submit" look="primary" disabled={chosen === 0 || name.trim() === ''}>
                Keep {plural(chosen, 'prompt')}
              </Button>
            </>
          )}
          <Button onClick={discardGenerated}>{kept.length === 0 ? 'Change the settings' : 'Discard all'}</Button>
        </form>
      </section>
      {rejected.length > 0 && (
        <section className="panel prompts-section" aria-labelledby="rejected-title">
          <h2 id="rejected-title">Left out</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <ul className="faults scroll" tabIndex={0} aria-label="Left out">
            {rejected.map(({ text, fault }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the list keeps its order
              <li key={i}>
                <span className="made-fault">{FAULT_WORDS[fault]}</span>
                <span className="made-text">{text}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function finding({ kept, rejected, how, tokensPerSecond }: MadePrompts): string {
  const counts = new Map<MadeFault, number>();
  for (const { fault } of rejected) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const reasons = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([fault, number]) => `${number} ${FAULT_WORDS[fault]}`);
  const share = `${percent(how.written === 0 ? 0 : kept.length / how.written, 0)} of the generated prompts.`;
  const speed = tokensPerSecond === null ? '' : ` ${tokenSpeed(tokensPerSecond)}.`;
  return `${share}${reasons.length === 0 ? '' : ` Left out: ${reasons.join('; ')}.`}${speed}`;
}
