import { Boxes } from 'lucide-react';
import { useEffect } from 'react';
import type { JudgeModelSource } from '../../recipe/declare';
import type { WebllmModel } from '../../records/judges';
import { judgesStore, loadWebllmModels } from '../../state/judging/judges';
import { refreshModels } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';

interface Props {
  readonly id: string;
  readonly from: JudgeModelSource;
  readonly value: string;
  readonly disabled: boolean;
  readonly about: string;
  readonly onChange: (model: string) => void;
}

interface Option {
  readonly value: string;
  readonly name: string;
  readonly disabled?: boolean;
}

/** A choice among the judge models that are stored. More are added in Models. */
export function JudgeModelChoice({ id, from, value, disabled, about, onChange }: Props) {
  const options = useOptions(from);
  const known = options.some((option) => option.value === value);
  return (
    <div className="field-stored">
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        aria-describedby={about}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {!known && <option value={value}>{value === '' ? 'None chosen' : `${value} (not stored here)`}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled ?? false}>
            {option.name}
          </option>
        ))}
      </select>
      <a
        className="icon-button"
        href={formatRoute({ place: 'models' })}
        title="See and add judge models"
        aria-label="See and add judge models"
      >
        <Boxes />
      </a>
    </div>
  );
}

function useOptions(from: JudgeModelSource): readonly Option[] {
  const list = useStore(modelsStore, (state) => state.list) ?? [];
  const changes = useStore(modelsStore, (state) => state.changes);
  const webllm = useStore(judgesStore, (state) => state.webllm);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again whenever models are added or deleted
  useEffect(() => void (from.source === 'webllm' ? loadWebllmModels() : refreshModels()), [from, changes]);
  switch (from.source) {
    case 'webllm':
      return (webllm ?? [])
        .toSorted((a, b) => Number(b.stored) - Number(a.stored))
        .map((model) => ({
          value: model.id,
          name: `${model.id}${whyDisabled(model)}`,
          disabled: !model.usable || !model.stored,
        }));
    case 'stored': {
      const stored = list
        .filter(({ use }) => use === from.use)
        .map((model) => ({ value: model.id, name: model.name, disabled: model.failure !== null }));
      return from.bundled === null
        ? stored
        : [{ value: '', name: `${from.bundled} (comes with the page)` }, ...stored];
    }
    default:
      return from satisfies never;
  }
}

function whyDisabled({ usable, stored }: WebllmModel): string {
  if (!usable) return ' (not on this device)';
  return stored ? '' : ' (fetch it in Models first)';
}
