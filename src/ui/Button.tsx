import type { ButtonHTMLAttributes, MouseEvent, ReactNode, Ref } from 'react';
import './controls.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger';
  /** Why the button does nothing now. Unlike a disabled button it keeps the focus, and its reason can be read. */
  readonly idle?: string | null;
  readonly ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', className = '', idle = null, ...rest }: ButtonProps) {
  const resting = idle === null ? {} : { 'aria-disabled': true, title: idle, onClick: undefined };
  return <button type="button" className={`button button-${look} ${className}`} {...rest} {...resting} />;
}

interface IconButtonProps {
  readonly label: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  readonly children: ReactNode;
}

/** A small button with an icon or a short text, whose label is its accessible name. */
export function IconButton({ label, pressed, disabled = false, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
