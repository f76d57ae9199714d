import type { MadeFault, MadePrompts } from '../../records/prompts';
import { keepMade, nameMade, throwMadeAway, toggleMade } from '../../state/making-actions';
import type { Made } from '../../state/prompts';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { count, percent, plural } from '../../ui/format';
import { Notice } from '../../ui/Notice';

const FAULTS: Record<MadeFault, string> = {
  empty: 'empty',
  unfinished: 'cut off at the longest length',
  short: 'too short to be an instruction',
  long: 'too long',
  answered: 'with an answer inside',
  about: 'talks about the examples',
  example: 'one of its examples again',
  known: 'already in the set, or nearly',
  'held-out': 'in the held-out set, or nearly',
  repeated: 'repeats another, or nearly',
};

/** What was written: to be read, and kept or not. */
export function MadeList({ making: { made, out, name: given, failure } }: { readonly making: Made }) {
  const from = useSession(
    (session) => session.promptSets.find(({ id }) => id === made.how.from)?.name ?? made.how.from,
  );
  const name = given ?? `${from}, made by a model`.slice(0, 100);
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
        <h2 id="made-title">Written</h2>
        {kept.length === 0 ? (
          <p>
            Nothing that it wrote can be used. A larger model, other examples or another temperature may do better; the
            bundled model knows its own small tasks only.
          </p>
        ) : (
          <ul className="made">
            {kept.map((text, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: their order is theirs
              <li key={i}>
                <label className="made-one">
                  <input type="checkbox" checked={!out.has(i)} onChange={() => toggleMade(i)} />
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
            void keepMade(name);
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
                onChange={(event) => nameMade(event.currentTarget.value)}
              />
              <Button type="submit" look="primary" disabled={chosen === 0 || name.trim() === ''}>
                Keep {plural(chosen, 'prompt')}
              </Button>
            </>
          )}
          <Button onClick={throwMadeAway}>{kept.length === 0 ? 'Try otherwise' : 'Throw them away'}</Button>
        </form>
      </section>
      {rejected.length > 0 && (
        <section className="panel prompts-section" aria-labelledby="rejected-title">
          <h2 id="rejected-title">Sorted out</h2>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
          <ul className="faults scroll" tabIndex={0} aria-label="Sorted out">
            {rejected.map(({ text, fault }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: their order is theirs
              <li key={i}>
                <span className="made-fault">{FAULTS[fault]}</span>
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
  const reasons = [...counts].sort(([, a], [, b]) => b - a).map(([fault, number]) => `${number} ${FAULTS[fault]}`);
  const share = `${percent(how.written === 0 ? 0 : kept.length / how.written, 0)} of what it wrote.`;
  const speed = tokensPerSecond === null ? '' : ` ${count(tokensPerSecond)} tokens/s.`;
  return `${share}${reasons.length === 0 ? '' : ` Sorted out: ${reasons.join('; ')}.`}${speed}`;
}
