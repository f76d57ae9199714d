import { RotateCcw } from 'lucide-react';
import { AUTO } from '../../recipe/declare';
import { changeOf, type Field, type Recipe } from '../../recipe/recipe';
import { IconButton } from '../../ui/Button';
import { NumberInput } from '../../ui/NumberInput';
import { AdapterChoice } from './AdapterChoice';
import { JudgeModelChoice } from './JudgeModelChoice';
import { ModelChoice } from './ModelChoice';
import { PanelChoice } from './PanelChoice';
import { PromptSetChoice } from './PromptSetChoice';

interface Props {
  readonly name: keyof Recipe;
  readonly field: Field;
  readonly recipe: Recipe;
  readonly changed: boolean;
  readonly locked: boolean;
  /** The number that `auto` stands for in this field. Null if that is not known. */
  readonly chosen: number | null;
  /** Why the recipe cannot run, if this field is the reason. */
  readonly fault: string | null;
  readonly onChange: (change: Partial<Recipe>) => void;
  readonly onReset: () => void;
}

export function FieldRow(props: Props) {
  const { name, field, changed, locked, fault, onReset } = props;
  const id = `field-${name}`;
  const several = field.control.kind === 'several';
  return (
    <div className="field" data-changed={changed}>
      <div className="field-head">
        {several ? (
          <span id={`${id}-label`} className="field-label">
            {field.label}
          </span>
        ) : (
          <label htmlFor={id} className="field-label">
            {field.label}
          </label>
        )}
        {changed && !locked && (
          <IconButton label={`Reset ${field.label}`} onClick={onReset}>
            <RotateCcw />
          </IconButton>
        )}
        <div className="field-control">
          <ControlOf {...props} id={id} />
        </div>
      </div>
      <p id={`${id}-about`} className="field-about">
        {field.explanation}
      </p>
      {fault !== null && (
        <p className="field-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

function ControlOf({ id, name, field, recipe, locked, chosen, onChange }: Props & { readonly id: string }) {
  const { control } = field;
  const value = recipe[name];
  const about = `${id}-about`;
  const take = (next: unknown) => onChange(changeOf(recipe, name, next));
  switch (control.kind) {
    case 'number':
      return (
        <>
          <NumberInput
            id={id}
            value={Number(value)}
            min={control.min}
            max={control.max}
            whole={control.whole}
            disabled={locked}
            describedBy={about}
            onChange={take}
            word={control.auto && { text: AUTO, chosen: value === AUTO, onChoose: () => take(AUTO) }}
          />
          {value === AUTO && chosen !== null && <span className="field-unit">({chosen})</span>}
          {control.unit !== undefined && <span className="field-unit">{control.unit}</span>}
        </>
      );
    case 'choice':
      return (
        <select
          id={id}
          className="input"
          value={String(value)}
          disabled={locked}
          aria-describedby={about}
          onChange={(event) => take(event.currentTarget.value)}
        >
          {Object.entries(control.options).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      );
    case 'several': {
      const chosen: readonly string[] = Array.isArray(value) ? value : [];
      return (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot be laid out in the row
        <div className="field-several" role="group" aria-labelledby={`${id}-label`} aria-describedby={about}>
          {Object.entries(control.options).map(([key, label]) => (
            <label key={key} className="field-option">
              <input
                type="checkbox"
                checked={chosen.includes(key)}
                disabled={locked || (chosen.length === 1 && chosen.includes(key))}
                onChange={(event) =>
                  take(
                    Object.keys(control.options).filter((other) =>
                      other === key ? event.currentTarget.checked : chosen.includes(other),
                    ),
                  )
                }
              />
              {control.code ? <code>{label}</code> : label}
            </label>
          ))}
        </div>
      );
    }
    case 'switch':
      return (
        <input
          id={id}
          type="checkbox"
          className="field-switch"
          checked={value === true}
          disabled={locked}
          aria-describedby={about}
          onChange={(event) => take(event.currentTarget.checked)}
        />
      );
    case 'text':
      return control.long ? (
        <textarea
          id={id}
          className="input"
          rows={5}
          value={String(value)}
          disabled={locked}
          aria-describedby={about}
          onChange={(event) => take(event.currentTarget.value)}
        />
      ) : (
        <input
          id={id}
          className="input"
          value={String(value)}
          disabled={locked}
          aria-describedby={about}
          onChange={(event) => take(event.currentTarget.value)}
        />
      );
    case 'stored':
      switch (control.of) {
        case 'adapter':
          return <AdapterChoice id={id} recipe={recipe} disabled={locked} about={about} onChange={onChange} />;
        case 'prompts':
          return <PromptSetChoice id={id} value={String(value)} disabled={locked} about={about} onChange={take} />;
        case 'model':
          return <ModelChoice id={id} value={String(value)} disabled={locked} about={about} />;
        default:
          return control.of satisfies never;
      }
    case 'judge-model':
      return (
        <JudgeModelChoice
          id={id}
          from={control.from}
          value={String(value)}
          disabled={locked}
          about={about}
          onChange={take}
        />
      );
    case 'panel':
      return <PanelChoice id={id} value={String(value)} disabled={locked} about={about} onChange={take} />;
    default:
      return control satisfies never;
  }
}
