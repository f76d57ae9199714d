import { Trash2 } from 'lucide-react';
import { BUNDLED_JUDGE } from '../../recipe/judges/onnx';
import type { ModelInfo } from '../../records/models';
import { deleteModel, undoDeleteModel } from '../../state/model-actions';
import { useModels } from '../../state/models';
import { Button, IconButton } from '../../ui/Button';
import { bytes } from '../../ui/format';

/** What can judge here. */
export function Judges() {
  const list = useModels((state) => state.list) ?? [];
  const stored = list.filter(({ use }) => use !== 'policy');
  return (
    <section className="panel models-section" aria-labelledby="judges-title">
      <h2 id="judges-title">Judges</h2>
      <dl className="judges">
        <Judge name="Rule" size="nothing to load" about="Checks the response against the prompt’s own answer." />
        <Judge
          name={BUNDLED_JUDGE.name}
          size={`bundled, ${bytes(BUNDLED_JUDGE.bytes)}`}
          about="A reward model that knows the tiny tasks and nothing else."
        />
        <Judge
          name="The model itself"
          size="nothing to load"
          about="Its own base weights, without the adapter, compare two responses."
        />
        <Judge name="You" size="nothing to load" about="Blind, at the keyboard." />
      </dl>
      {stored.length > 0 && (
        <ul className="judge-models" aria-label="Judge models that are stored">
          {stored.map((model) => (
            <StoredJudge key={model.id} model={model} />
          ))}
        </ul>
      )}
      <p className="models-about">
        A reward model or a sentence-embedding model in ONNX comes in like every model: from the Hub, or as a folder
        with model.onnx and tokenizer.json.
      </p>
    </section>
  );
}

function Judge({ name, size, about }: { readonly name: string; readonly size: string; readonly about: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{size}</dd>
      <dd className="judge-about">{about}</dd>
    </div>
  );
}

function StoredJudge({ model }: { readonly model: ModelInfo }) {
  const going = useModels((state) => state.going.has(model.id));
  if (going) {
    return (
      <li className="judge-model">
        <span>{model.name} will be deleted.</span>
        <Button className="button-small" onClick={() => undoDeleteModel(model.id)}>
          Undo
        </Button>
      </li>
    );
  }
  return (
    <li className="judge-model">
      <span>
        <strong>{model.name}</strong>{' '}
        <span className="tag">{model.use === 'reward' ? 'reward model' : 'embedding model'}</span>
        {model.failure !== null && <span className="model-failure">{model.failure.message}</span>}
      </span>
      <span className="number">{bytes(model.bytes)}</span>
      <IconButton label={`Delete ${model.name}`} onClick={() => deleteModel(model.id)}>
        <Trash2 />
      </IconButton>
    </li>
  );
}
