import type { ModelCosts } from '../../records/models';
import { bytes, modelSize } from '../../ui/format';

interface Props {
  readonly parameters?: number | null;
  readonly architecture?: string | null;
  readonly quantization?: string | null;
  readonly licence?: string | null;
  readonly repository?: string | null;
  readonly revision?: string | null;
}

/** Facts about a model in one line. Unknown facts are left out. */
export function ModelFacts({ parameters, architecture, quantization, licence, repository, revision }: Props) {
  const facts = [
    parameters == null ? null : `${modelSize(parameters)} parameters`,
    architecture?.replace(/For\w+$/, '') ?? null,
    quantization,
    licence,
  ].filter((fact) => fact != null);
  return (
    <p className="model-facts">
      {facts.join(' · ')}
      {repository != null && (
        <>
          {facts.length > 0 && ' · '}
          {repository}
          {revision != null && (
            <>
              {' '}
              <code title={`Commit ${revision}`}>@{revision.slice(0, 7)}</code>
            </>
          )}
        </>
      )}
    </p>
  );
}

interface CostsProps {
  /** Size of the model's files in bytes. */
  readonly size: number;
  /** Null while they are being calculated. */
  readonly costs: ModelCosts | null;
}

/** Size and memory of a model, in the columns of `ColumnNames`. */
export function Costs({ size, costs }: CostsProps) {
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
      <dd title={value === undefined ? 'calculating …' : `${value} bytes`}>
        {value === undefined ? '…' : bytes(value)}
      </dd>
    </div>
  );
}

/** Names of the columns of `Costs`, on wide screens. Each number also has its own name, for screen readers. */
export function ColumnNames() {
  return (
    <div className="model-columns" aria-hidden="true">
      <span>size</span>
      <span>to generate</span>
      <span>to train</span>
      <span title="Recomputes activations in the backward pass: less memory, about a third more time">
        to train, recomputing
      </span>
    </div>
  );
}
