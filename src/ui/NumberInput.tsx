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
  /** A word that can be entered instead of a number. */
  readonly word?: { readonly text: string; readonly chosen: boolean; readonly onChoose: () => void } | undefined;
}

/**
 * A text field for a number, so that 1e-3 can be typed. A value out of range is not accepted, and the field says why.
 */
export function NumberInput({ id, value, min, max, whole, disabled, describedBy, onChange, word }: Props) {
  const shown = word?.chosen ? word.text : String(value);
  const [text, setText] = useState(shown);
  const errorId = useId();
  const faultIn = (entered: string) =>
    entered.trim() === word?.text ? null : faultOf(entered, min, max, whole, word?.text);
  const fault = faultIn(text);

  // A preset or a reset may change the value from outside.
  useEffect(() => setText((now) => (Number(now) === Number(shown) && now.trim() !== '' ? now : shown)), [shown]);

  return (
    <>
      <input
        id={id}
        className="input number"
        inputMode={word === undefined ? 'decimal' : 'text'}
        autoComplete="off"
        spellCheck={false}
        value={text}
        disabled={disabled}
        aria-invalid={fault !== null}
        aria-describedby={fault === null ? describedBy : `${errorId} ${describedBy}`}
        onChange={(event) => {
          const entered = event.currentTarget.value;
          setText(entered);
          if (faultIn(entered) !== null) return;
          if (entered.trim() === word?.text) word.onChoose();
          else onChange(Number(entered));
        }}
        onBlur={() => {
          if (fault !== null) setText(shown);
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

export function faultOf(text: string, min: number, max: number, whole: boolean, word?: string): string | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return `Enter a number${word ? ` or ${word}` : ''}.`;
  if (whole && !Number.isInteger(value)) return 'Enter a whole number.';
  if (value < min) return `Enter at least ${min}.`;
  if (value > max) return `Enter at most ${max}.`;
  return null;
}
