import { modelSize } from '../../ui/format';

interface Props {
  readonly parameters?: number | null;
  readonly architecture?: string | null;
  readonly quantization?: string | null;
  readonly licence?: string | null;
  readonly repository?: string | null;
  readonly revision?: string | null;
}

/** What a model is, in one line; what is not known is left out. */
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
