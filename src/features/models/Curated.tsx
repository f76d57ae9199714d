import { useEffect } from 'react';
import type { CuratedModel } from '../../records/models';
import { loadCurated, lookUpCurated, takeToLab } from '../../state/model-actions';
import { useModels } from '../../state/models';
import { Button } from '../../ui/Button';
import { ColumnNames, Costs } from './Costs';
import { ModelFacts } from './ModelFacts';
import { Refusal } from './Refusal';

/** Models that people know and that fit laptops, each at a commit. Nothing of them is here before it is asked for. */
export function Curated() {
  const curated = useModels((state) => state.curated);
  const failure = useModels((state) => state.curatedFailure);
  useEffect(() => void loadCurated(), []);
  return (
    <section className="panel models-section" aria-labelledby="curated-title">
      <header className="models-list-head">
        <h2 id="curated-title">Known to fit laptops</h2>
        <p className="models-about">
          GPU memory for K&nbsp;= 8 candidates of up to 384 tokens and for a step on a pair of 1,024 tokens, planned
          for this device.
        </p>
        <ColumnNames />
      </header>
      {failure !== null ? (
        <>
          <Refusal failure={failure} />
          <Button onClick={loadCurated}>Try again</Button>
        </>
      ) : curated === null ? (
        <p className="models-about">Working out what each takes on this device …</p>
      ) : (
        <ul className="model-list">
          {curated.map((model) => (
            <CuratedRow key={`${model.repository}/${model.choice}`} model={model} />
          ))}
        </ul>
      )}
    </section>
  );
}

function CuratedRow({ model }: { readonly model: CuratedModel }) {
  const { name, repository, revision, choice, gated } = model;
  const id = `hub/${repository}@${revision}/${choice ?? 'safetensors'}`;
  const stored = useModels((state) => state.list?.find((one) => one.id === id && one.failure === null) ?? null);
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
          <Button onClick={() => lookUpCurated(model)} aria-label={`Look at it: ${name}`}>
            Look at it
          </Button>
        ) : (
          <Button onClick={() => takeToLab(stored)} aria-label={`Use in the Lab: ${name}`}>
            Use in the Lab
          </Button>
        )}
      </div>
    </li>
  );
}
