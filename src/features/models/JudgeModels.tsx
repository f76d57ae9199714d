import { Trash2 } from 'lucide-react';
import { BUNDLED_JUDGE } from '../../recipe/judges/onnx';
import type { ModelInfo } from '../../records/models';
import { deleteModel, undoDeleteModel } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { bytes } from '../../ui/format';

/** The judges that need no download, and the stored judge models. */
export function JudgeModels() {
  const list = useStore(modelsStore, (state) => state.list) ?? [];
  const stored = list.filter(({ use }) => use !== 'policy');
  return (
    <section className="panel models-section" aria-labelledby="judges-title">
      <h2 id="judges-title">Judges</h2>
      <dl className="judges">
        <Judge name="Rule" size="no download" about="Checks the response against the prompt’s reference answer." />
        <Judge
          name={BUNDLED_JUDGE.name}
          size={`bundled, ${bytes(BUNDLED_JUDGE.bytes)}`}
          about="A reward model for the bundled tiny tasks only."
        />
        <Judge
          name="The model itself"
          size="no download"
          about="The base model, without the adapter, compares two responses."
        />
        <Judge
          name="You"
          size="no download"
          about="You choose between responses yourself, without seeing the thoughts."
        />
      </dl>
      {stored.length > 0 && (
        <ul className="judge-models" aria-label="Judge models that are stored">
          {stored.map((model) => (
            <StoredJudge key={model.id} model={model} />
          ))}
        </ul>
      )}
      <p className="models-about">
        Add a reward model or a sentence-embedding model in ONNX format like any other model: from the Hub, or as a
        folder with model.onnx and tokenizer.json.
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
  const deleting = useStore(modelsStore, (state) => state.pendingDeletes.has(model.id));
  if (deleting) {
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
