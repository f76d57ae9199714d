import { parsePanel } from '../../recipe/judges/asked';
import { KINDS, PANEL_KINDS } from '../../recipe/judges/kinds';
import { formatPanel, MAX_WEIGHT } from '../../recipe/judges/panel';
import { NumberInput } from '../../ui/NumberInput';

interface Props {
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly about: string;
  readonly onChange: (panel: string) => void;
}

/** A weight for every judge that may be a member of the panel. 0: it is no member. */
export function PanelChoice({ id, value, disabled, about, onChange }: Props) {
  const members = parsePanel(value);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot be laid out in the row
    <div className="panel-choice" role="group" aria-label="Weights of the panel’s members" aria-describedby={about}>
      {PANEL_KINDS.map((kind, i) => {
        const weight = members.find((member) => member.kind === kind)?.weight ?? 0;
        const own = i === 0 ? id : `${id}-${kind}`;
        return (
          <div key={kind} className="panel-member">
            <label htmlFor={own}>{KINDS[kind].label}</label>
            <NumberInput
              id={own}
              value={weight}
              min={0}
              max={MAX_WEIGHT}
              whole={false}
              disabled={disabled}
              describedBy={about}
              onChange={(next) =>
                onChange(
                  formatPanel(
                    PANEL_KINDS.map((other) => ({
                      kind: other,
                      weight: other === kind ? next : (members.find((member) => member.kind === other)?.weight ?? 0),
                    })).filter((member) => member.weight > 0),
                  ),
                )
              }
            />
          </div>
        );
      })}
    </div>
  );
}
