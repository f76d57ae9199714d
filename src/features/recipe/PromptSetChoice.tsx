import { Upload } from 'lucide-react';
import { useRef } from 'react';
import { importPromptFile } from '../../state/actions';
import { useSession } from '../../state/session';
import { IconButton } from '../../ui/Button';
import { count } from '../../ui/format';

interface Props {
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly about: string;
  readonly onChange: (id: string) => void;
}

/** One of the stored prompt sets, or a JSONL file of the reader's. */
export function PromptSetChoice({ id, value, disabled, about, onChange }: Props) {
  const sets = useSession((session) => session.promptSets);
  const file = useRef<HTMLInputElement>(null);
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
      <IconButton label="Add prompts from a JSONL file" disabled={disabled} onClick={() => file.current?.click()}>
        <Upload />
      </IconButton>
      <input
        ref={file}
        type="file"
        accept=".jsonl,.json,.txt"
        hidden
        onChange={async (event) => {
          const input = event.currentTarget;
          const [chosen] = input.files ?? [];
          const added = chosen && (await importPromptFile(chosen));
          input.value = '';
          if (added !== undefined) onChange(added);
        }}
      />
    </div>
  );
}
