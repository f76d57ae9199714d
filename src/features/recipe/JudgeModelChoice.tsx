import { Boxes } from 'lucide-react';
import { useEffect } from 'react';
import { BUNDLED_JUDGE } from '../../recipe/bundled-judge';
import { judgesStore, loadWebllmModels } from '../../state/judging/judges';
import { refreshModels } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';

interface Props {
  readonly id: string;
  readonly kind: 'onnx' | 'similarity' | 'webllm';
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

/** One of the judge models that are here. More come in at the Models place. */
export function JudgeModelChoice({ id, kind, value, disabled, about, onChange }: Props) {
  const options = useOptions(kind);
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
        {!known && <option value={value}>{value === '' ? 'None is chosen' : `${value} (not here)`}</option>}
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

function useOptions(kind: Props['kind']): readonly Option[] {
  const list = useStore(modelsStore, (state) => state.list) ?? [];
  const changes = useStore(modelsStore, (state) => state.changes);
  const webllm = useStore(judgesStore, (state) => state.webllm);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again whenever models came or went
  useEffect(() => void (kind === 'webllm' ? loadWebllmModels() : refreshModels()), [kind, changes]);
  switch (kind) {
    case 'webllm':
      return (webllm ?? [])
        .toSorted((a, b) => Number(b.stored) - Number(a.stored))
        .map((model) => ({
          value: model.id,
          name: `${model.id}${!model.usable ? ' (not on this device)' : model.stored ? '' : ' (to be fetched in Models)'}`,
          disabled: !model.usable || !model.stored,
        }));
    case 'onnx':
      return [
        { value: '', name: `${BUNDLED_JUDGE.name} (comes with the page)` },
        ...list
          .filter(({ use }) => use === 'reward')
          .map((model) => ({ value: model.id, name: model.name, disabled: model.failure !== null })),
      ];
    case 'similarity':
      return list
        .filter(({ use }) => use === 'embedding')
        .map((model) => ({ value: model.id, name: model.name, disabled: model.failure !== null }));
    default:
      return kind satisfies never;
  }
}
