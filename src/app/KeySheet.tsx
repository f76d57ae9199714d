import { X } from 'lucide-react';
import { useStore } from '../state/react';
import { allCommands } from '../state/session/commands';
import { settingsStore } from '../state/session/settings';
import { IconButton } from '../ui/Button';
import { Dialog } from '../ui/Dialog';

export function KeySheet({ onClose }: { readonly onClose: () => void }) {
  const shortcuts = useStore(settingsStore, (settings) => settings.shortcuts);
  const withKeys = allCommands().filter(([, command]) => command.keys !== undefined);
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose}>
      <header className="sheet-head">
        <h2>Keyboard shortcuts</h2>
        <IconButton label="Close" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div className="sheet-body scroll">
        <dl className="sheet-list">
          <div>
            <dt>All commands</dt>
            <dd>
              <KeyCaps keys={['Ctrl', 'K']} />
            </dd>
          </div>
          <div>
            <dt>Keyboard shortcuts</dt>
            <dd>
              <KeyCaps keys={['?']} />
            </dd>
          </div>
          {withKeys.map(([id, command]) => (
            <div key={id}>
              <dt>{command.label}</dt>
              <dd>
                <KeyCaps keys={command.keys ?? []} />
              </dd>
            </div>
          ))}
        </dl>
        <label className="field-option">
          <input
            type="checkbox"
            checked={shortcuts}
            onChange={(event) => settingsStore.setState({ shortcuts: event.currentTarget.checked })}
          />
          Use single-key shortcuts. <kbd>Ctrl</kbd> <kbd>K</kbd> always works.
        </label>
      </div>
    </Dialog>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

export function KeyCaps({ keys }: { readonly keys: readonly string[] }) {
  return (
    <span className="keycaps">
      {keys.map((key) => (
        <kbd key={key}>{NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</kbd>
      ))}
    </span>
  );
}
