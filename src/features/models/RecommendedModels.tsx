import { useEffect } from 'react';
import type { CuratedModel } from '../../records/models';
import { loadCurated, lookUpCurated, openInLab } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { FailureText } from '../../ui/Notice';
import { ColumnNames, Costs, ModelFacts } from './ModelFacts';

/** Well-known models that fit laptops, each pinned to a commit. They are downloaded only on request. */
export function RecommendedModels() {
  const curated = useStore(modelsStore, (state) => state.curated);
  const failure = useStore(modelsStore, (state) => state.curatedFailure);
  useEffect(() => void loadCurated(), []);
  return (
    <section className="panel models-section" aria-labelledby="curated-title">
      <header className="models-list-head">
        <h2 id="curated-title">Recommended for laptops</h2>
        <p className="models-about">
          GPU memory on this device to generate K&nbsp;= 8 candidates of up to 384 tokens and to train on a pair of
          1,024 tokens.
        </p>
        <ColumnNames />
      </header>
      {failure !== null ? (
        <>
          <FailureText failure={failure} />
          <Button onClick={loadCurated}>Try again</Button>
        </>
      ) : curated === null ? (
        <p className="models-about">Calculating how much memory each model needs on this device …</p>
      ) : (
        <ul className="model-list">
          {curated.map((model) => (
            <RecommendedRow key={`${model.repository}/${model.choice}`} model={model} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RecommendedRow({ model }: { readonly model: CuratedModel }) {
  const { name, repository, revision, choice, gated } = model;
  const id = `hub/${repository}@${revision}/${choice ?? 'safetensors'}`;
  const stored = useStore(
    modelsStore,
    (state) => state.list?.find((one) => one.id === id && one.failure === null) ?? null,
  );
  return (
    <li className="model-row">
      <div className="model-what">
        <h3>
          {name} {gated && <span className="tag">gated</span>}
        </h3>
        <p className="model-note">{model.note}</p>
        <ModelFacts
          parameters={model.parameters}
          licence={model.licence}
          repository={repository}
          revision={revision}
        />
      </div>
      <Costs size={model.bytes} costs={model.costs} />
      <div className="model-actions">
        {stored === null ? (
          <Button onClick={() => lookUpCurated(model)} aria-label={`View files: ${name}`}>
            View files
          </Button>
        ) : (
          <Button onClick={() => openInLab(stored)} aria-label={`Use in the Lab: ${name}`}>
            Use in the Lab
          </Button>
        )}
      </div>
    </li>
  );
}
