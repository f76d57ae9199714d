import { useId } from 'react';

interface Props {
  readonly value: string;
  readonly onChange: (token: string) => void;
}

/** The reader's token of the Hub, where something there is gated. */
export function TokenField({ value, onChange }: Props) {
  const id = useId();
  return (
    <div className="token">
      <label htmlFor={id} className="field-label">
        Access token of your Hub account
      </label>
      <input
        id={id}
        className="input"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="hf_…"
        value={value}
        aria-describedby={`${id}-about`}
        onChange={(event) => onChange(event.currentTarget.value.trim())}
      />
      <p id={`${id}-about`} className="token-about">
        Kept in memory until this page closes, sent to the Hub and to nobody else. Its licence must have been accepted
        there.
      </p>
    </div>
  );
}
