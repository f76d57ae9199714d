import { Trash2 } from 'lucide-react';
import type { ModelInfo } from '../../records/models';
import { deleteModel, openInLab, undoDeleteModel } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { Button, IconButton } from '../../ui/Button';
import { bytes } from '../../ui/format';
import { Costs, ModelFacts } from './ModelFacts';

const SOURCE: Record<ModelInfo['source'], string> = { bundled: 'bundled', hub: 'from the Hub', local: 'your file' };

const USE = { reward: 'A reward model', embedding: 'Compares with the reference answer' } as const;

export function ModelRow({ model }: { readonly model: ModelInfo }) {
  const deleting = useStore(modelsStore, (state) => state.pendingDeletes.has(model.id));
  const costs = useStore(modelsStore, (state) => state.costs.get(model.id) ?? null);
  const chosen = useStore(sessionStore, (session) => session.recipe.model === model.id);
  const { id, name, use, source, failure } = model;
  if (deleting) {
    return (
      <li className="model-row model-going">
        <span>
          {name} will be deleted, which frees {bytes(model.bytes)}.
        </span>
        <Button className="button-small" onClick={() => undoDeleteModel(id)}>
          Undo
        </Button>
      </li>
    );
  }
  return (
    <li className="model-row">
      <div className="model-what">
        <h3>
          {name} <span className="tag">{SOURCE[source]}</span>
        </h3>
        <ModelFacts {...model} />
      </div>
      {failure === null ? (
        use === 'policy' ? (
          <Costs size={model.bytes} costs={costs} />
        ) : (
          <p className="model-facts">
            {USE[use]}, {bytes(model.bytes)}
          </p>
        )
      ) : (
        <p className="model-failure">
          <strong>{failure.message}</strong> {failure.advice}
        </p>
      )}
      <div className="model-actions">
        {failure === null &&
          use === 'policy' &&
          (chosen ? (
            <a
              className="button model-chosen"
              href={formatRoute({ place: 'lab', query: '' })}
              title="The recipe in the Lab uses this model"
            >
              Used in the Lab
            </a>
          ) : (
            <Button onClick={() => openInLab(model)} aria-label={`Use in the Lab: ${name}`}>
              Use in the Lab
            </Button>
          ))}
        {source !== 'bundled' && (
          <IconButton label={`Delete ${name}`} onClick={() => deleteModel(id)}>
            <Trash2 />
          </IconButton>
        )}
      </div>
    </li>
  );
}
