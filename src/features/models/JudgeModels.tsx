import { Trash2 } from 'lucide-react';
import type { IncludedJudge } from '../../recipe/judges/kind';
import { INCLUDED_JUDGES } from '../../recipe/judges/kinds';
import type { ModelInfo } from '../../records/models';
import { deleteModel, undoDeleteModel } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { bytes } from '../../ui/format';

/** The judges that come with the page, and the stored judge models. */
export function JudgeModels() {
  const list = useStore(modelsStore, (state) => state.list) ?? [];
  const stored = list.filter(({ use }) => use !== 'policy');
  return (
    <section className="panel models-section" aria-labelledby="judges-title">
      <h2 id="judges-title">Judges</h2>
      <dl className="judges">
        {INCLUDED_JUDGES.map((judge) => (
          <Included key={judge.name} judge={judge} />
        ))}
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

function Included({ judge: { name, bytes: size, about } }: { readonly judge: IncludedJudge }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{size === 0 ? 'no download' : `bundled, ${bytes(size)}`}</dd>
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
