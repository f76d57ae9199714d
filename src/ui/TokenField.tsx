import { useId } from 'react';

interface Props {
  readonly value: string;
  readonly onChange: (token: string) => void;
}

/** The user's access token of the Hub, which gated repositories require. */
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
        Kept in memory until you close this page, and sent only to the Hub. If the repository asks you to accept a
        licence, do that on the Hub first.
      </p>
    </div>
  );
}
