import { ScrollText } from 'lucide-react';
import { useStore } from '../../state/react';
import { formatRoute } from '../../state/session/route';
import { sessionStore } from '../../state/session/session';
import { count } from '../../ui/format';

interface Props {
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly about: string;
  readonly onChange: (id: string) => void;
}

/** A choice among the stored prompt sets. More are added in Prompts. */
export function PromptSetChoice({ id, value, disabled, about, onChange }: Props) {
  const sets = useStore(sessionStore, (session) => session.promptSets);
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
        {!sets.some((set) => set.id === value) && <option value={value}>{value}</option>}
        {sets.map((set) => (
          <option key={set.id} value={set.id}>
            {set.name} ({count(set.rows)})
          </option>
        ))}
      </select>
      <a
        className="icon-button"
        href={formatRoute({ place: 'prompts', show: sets.some((set) => set.id === value) ? value : null })}
        title="See and add prompts"
        aria-label="See and add prompts"
      >
        <ScrollText />
      </a>
    </div>
  );
}
