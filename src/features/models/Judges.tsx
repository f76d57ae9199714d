import { BUNDLED_JUDGE } from '../../recipe/bundled-judge';
import { bytes } from '../../ui/format';

/** What can judge here. */
export function Judges() {
  return (
    <section className="panel models-section" aria-labelledby="judges-title">
      <h2 id="judges-title">Judges</h2>
      <dl className="judges">
        <div>
          <dt>Rule</dt>
          <dd>nothing to load</dd>
          <dd className="judge-about">Compares with the prompt’s own answer: for prompts that have one.</dd>
        </div>
        <div>
          <dt>{BUNDLED_JUDGE.name}</dt>
          <dd>bundled, {bytes(BUNDLED_JUDGE.bytes)}</dd>
          <dd className="judge-about">A reward model that knows the tiny tasks and nothing else.</dd>
        </div>
      </dl>
    </section>
  );
}
