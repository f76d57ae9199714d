import { useId, useState } from 'react';
import { allCommands, type Command } from '../state/session/commands';
import { Dialog } from '../ui/Dialog';
import { KeyCaps } from './KeySheet';

/** Lists the commands that are available now, filtered by what the user types. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = allCommands().filter(([, command]) => {
    const name = `${command.group} ${command.label}`.toLowerCase();
    return command.enabled !== false && words.every((word) => name.includes(word));
  });
  const chosen = Math.min(at, found.length - 1);
  const run = (command: Command | undefined) => {
    onClose();
    // Run it after the dialog has given the focus back.
    if (command) setTimeout(() => command.run());
  };
  return (
    <Dialog label="Commands" onClose={onClose}>
      <input
        className="palette-input"
        autoFocus
        placeholder="What would you like to do?"
        aria-label="Command"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, chosen + 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1));
          else if (event.key === 'Enter') run(found[chosen]?.[1]);
          else return;
          event.preventDefault();
        }}
      />
      <div id={id} className="palette-list scroll" role="listbox" aria-label="Commands">
        {found.map(([name, command], i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field handles the keys
          <div
            key={name}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            className="palette-item"
            onClick={() => run(command)}
          >
            <span className="palette-group">{command.group}</span>
            <span className="palette-label">{command.label}</span>
            <KeyCaps keys={command.keys ?? []} />
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="palette-none">No command matches.</p>}
    </Dialog>
  );
}
