import { useId } from 'react';
import { useModels } from '../../state/models';

/** Only where a model is gated: the reader's token of the Hub. */
export function TokenField() {
  const token = useModels((state) => state.token);
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
        value={token}
        aria-describedby={`${id}-about`}
        onChange={(event) => useModels.setState({ token: event.currentTarget.value.trim() })}
      />
      <p id={`${id}-about`} className="models-about">
        Kept in memory until this page closes, sent to the Hub and to nobody else. Its licence must have been accepted there.
      </p>
    </div>
  );
}
