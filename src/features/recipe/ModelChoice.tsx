import { Boxes } from 'lucide-react';
import { useEffect } from 'react';
import { chooseModel, refreshModels } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';
import { modelSize } from '../../ui/format';

interface Props {
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  /** Id of the element with the field's explanation. */
  readonly about: string;
}

/**
 * A choice among the stored models. Choosing a model also sets the fields that depend on its size. The link leads to
 * Models, where models are added.
 */
export function ModelChoice({ id, value, disabled, about }: Props) {
  const list = (useStore(modelsStore, (state) => state.list) ?? []).filter(({ use }) => use === 'policy');
  const changes = useStore(modelsStore, (state) => state.changes);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again whenever models are added or deleted
  useEffect(() => void refreshModels(), [changes]);
  const known = list.some((model) => model.id === value);
  return (
    <div className="field-stored">
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        aria-describedby={about}
        onChange={(event) => {
          const chosen = list.find((model) => model.id === event.currentTarget.value);
          if (chosen) chooseModel(chosen);
        }}
      >
        {!known && <option value={value}>{list.length === 0 ? value : `${value} (not stored here)`}</option>}
        {list.map((model) => (
          <option key={model.id} value={model.id} disabled={model.failure !== null}>
            {model.name}
            {model.parameters !== null && ` (${modelSize(model.parameters)})`}
          </option>
        ))}
      </select>
      <a
        className="icon-button"
        href={formatRoute({ place: 'models' })}
        title="See and add models"
        aria-label="See and add models"
      >
        <Boxes />
      </a>
    </div>
  );
}
