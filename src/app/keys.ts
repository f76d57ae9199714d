/** Keyboard shortcuts. Those of a single key can be switched off, and are ignored in text fields and dialogs. */
import { commandOfKey } from '../state/session/commands';
import { settingsStore } from '../state/session/settings';

export interface Dialogs {
  palette(): void;
  sheet(): void;
}

export function followKeys(dialogs: Dialogs): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dialogs.palette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!settingsStore.getState().shortcuts || isTaken(event)) return;
    if (event.key === '?') {
      dialogs.sheet();
      return;
    }
    const command = commandOfKey(event.key);
    if (command === null) return;
    event.preventDefault();
    command.run();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

/** Whether the focused element handles the key itself. */
function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog, input, textarea, select, [contenteditable]')) return true;
  if ((key === ' ' || key === 'Enter') && target.closest('button, summary, a, [role="option"]')) return true;
  return key.startsWith('Arrow') || key === 'Home' || key === 'End'
    ? target.closest('[data-own-arrows]') !== null
    : false;
}
