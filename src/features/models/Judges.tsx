import { BUNDLED_JUDGE } from '../../recipe/bundled-judge';
import { useModels } from '../../state/models';
import { bytes } from '../../ui/format';
import { ModelRow } from './ModelRow';

/** What can judge here. */
export function Judges() {
  const all = useModels((state) => state.list);
  const stored = all?.filter(({ use }) => use !== 'policy') ?? [];
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
      {stored.length > 0 && (
        <ul className="model-list">
          {stored.map((model) => (
            <ModelRow key={model.id} model={model} />
          ))}
        </ul>
      )}
    </section>
  );
}
