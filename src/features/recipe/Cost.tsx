import { AUTO } from '../../recipe/declare';
import { KINDS } from '../../recipe/judges/kinds';
import { FIELDS, type Recipe } from '../../recipe/recipe';
import { useStore } from '../../state/react';
import { sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { bytes, duration, plural } from '../../ui/format';

/**
 * The memory (exact to the byte) and the time (from the measured speed of this device) that the recipe needs. A
 * refusal names the field to change.
 */
export function Cost({ onShow }: { readonly onShow: (field: keyof Recipe) => void }) {
  const estimate = useStore(sessionStore, (session) => session.estimate);
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const fault = useStore(sessionStore, (session) => session.fault);
  const device = useStore(sessionStore, (session) => session.device);
  if (fault !== null) {
    return (
      <div className="cost cost-refused" role="status">
        <p>{fault.message}</p>
        {fault.field !== null && <ShowField field={fault.field} onShow={onShow} />}
      </div>
    );
  }
  if (device === null) return null;
  if (estimate === null) return <p className="cost quiet">Estimating memory and time …</p>;
  const largest = Math.max(...estimate.parts.map((part) => part.bytes), 1);
  return (
    <div className={`cost ${estimate.refused === null ? '' : 'cost-refused'}`} role="status">
      <dl className="cost-sums">
        <div>
          <dt>GPU memory</dt>
          <dd title={`${estimate.bytes} bytes, exactly`}>{bytes(estimate.bytes)}</dd>
        </div>
        <div>
          <dt>Estimated time</dt>
          <dd>{estimate.seconds === null ? 'not yet measured' : duration(estimate.seconds)}</dd>
        </div>
        {recipe.lanes === AUTO && estimate.lanes !== null && (
          <div>
            <dt>Lanes</dt>
            <dd>auto ({estimate.lanes})</dd>
          </div>
        )}
      </dl>
      {estimate.untimed?.map(({ judge, questions }) => (
        <p key={judge} className="field-about">
          {KINDS[judge].pace === 'patient'
            ? `… plus ${plural(questions, 'choice')} that you make.`
            : `… plus ${plural(questions, 'question')} to a judge that has not been timed yet ` +
              `(${KINDS[judge].label}): try it to measure its speed.`}
        </p>
      ))}
      {estimate.refused !== null && (
        <>
          <p>{estimate.refused}</p>
          {estimate.field !== null && <ShowField field={estimate.field} onShow={onShow} />}
        </>
      )}
      <details>
        <summary>Where the memory goes</summary>
        <ul className="cost-parts">
          {estimate.parts.map((part) => (
            <li key={part.name}>
              <span>{part.name}</span>
              <span className="number">{bytes(part.bytes)}</span>
              <span className="cost-bar" aria-hidden="true">
                <span style={{ transform: `scaleX(${part.bytes / largest})` }} />
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

function ShowField({
  field,
  onShow,
}: {
  readonly field: keyof Recipe;
  readonly onShow: (field: keyof Recipe) => void;
}) {
  return (
    <Button className="button-small" onClick={() => onShow(field)}>
      Change “{FIELDS[field].label}”
    </Button>
  );
}
