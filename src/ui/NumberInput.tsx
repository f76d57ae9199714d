import { useEffect, useId, useState } from 'react';

interface Props {
  readonly id: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  readonly disabled: boolean;
  readonly describedBy: string;
  readonly onChange: (value: number) => void;
}

/**
 * A text field for a number, so that 1e-3 can be typed. A value out of range is not accepted, and the field says why.
 */
export function NumberInput({ id, value, min, max, whole, disabled, describedBy, onChange }: Props) {
  const [text, setText] = useState(String(value));
  const errorId = useId();
  const fault = faultOf(text, min, max, whole);

  // A preset or a reset may change the value from outside.
  useEffect(() => setText((now) => (Number(now) === value && now.trim() !== '' ? now : String(value))), [value]);

  return (
    <>
      <input
        id={id}
        className="input number"
        inputMode="decimal"
        autoComplete="off"
        spellCheck={false}
        value={text}
        disabled={disabled}
        aria-invalid={fault !== null}
        aria-describedby={fault === null ? describedBy : `${errorId} ${describedBy}`}
        onChange={(event) => {
          setText(event.currentTarget.value);
          if (faultOf(event.currentTarget.value, min, max, whole) === null)
            onChange(Number(event.currentTarget.value));
        }}
        onBlur={() => {
          if (fault !== null) setText(String(value));
        }}
      />
      {fault !== null && (
        <p id={errorId} className="field-fault" role="alert">
          {fault}
        </p>
      )}
    </>
  );
}

export function faultOf(text: string, min: number, max: number, whole: boolean): string | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'Enter a number.';
  if (whole && !Number.isInteger(value)) return 'Enter a whole number.';
  if (value < min) return `Enter at least ${min}.`;
  if (value > max) return `Enter at most ${max}.`;
  return null;
}
