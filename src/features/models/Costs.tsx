import type { ModelCosts } from '../../records/models';
import { bytes } from '../../ui/format';

interface Props {
  /** Of the model's files. */
  readonly size: number;
  /** null while they are worked out. */
  readonly costs: ModelCosts | null;
}

/** Size and memory, in the columns that `ColumnNames` names. */
export function Costs({ size, costs }: Props) {
  const memory = [
    ['to generate', costs?.generation],
    ['to train', costs?.training],
    ['to train, recomputing', costs?.trainingCheckpointed],
  ] as const;
  const refused = costs?.refused ?? null;
  return (
    <dl className="model-costs">
      <Figure name="size" value={size} />
      {refused === null ? (
        memory.map(([name, value]) => <Figure key={name} name={name} value={value} />)
      ) : (
        <div className="model-refused">
          <dt className="visually-hidden">memory</dt>
          <dd>{refused}</dd>
        </div>
      )}
    </dl>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: number | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={value === undefined ? 'being worked out' : `${value} bytes`}>
        {value === undefined ? '…' : bytes(value)}
      </dd>
    </div>
  );
}

/** Where there is room the names stand once above the columns; each number keeps its own for who cannot see them. */
export function ColumnNames() {
  return (
    <div className="model-columns" aria-hidden="true">
      <span>size</span>
      <span>to generate</span>
      <span>to train</span>
      <span title="With activations recomputed in the backward pass: less memory, about a third more time">
        to train, recomputing
      </span>
    </div>
  );
}
