/** What the reader can do, by name: each part of the page lends its commands while it is shown. The palette and the keys use them. */
import { useEffect } from 'react';

export interface Command {
  readonly label: string;
  readonly group: string;
  /** `KeyboardEvent.key` values; none of them works while a text is edited. */
  readonly keys?: readonly string[];
  readonly enabled?: boolean;
  run(): void;
}

const lent = new Map<string, Command>();

/** Lends commands as long as the component is mounted, always in their latest form. */
export function useCommands(commands: Readonly<Record<string, Command>>): void {
  useEffect(() => {
    for (const [id, command] of Object.entries(commands)) lent.set(id, command);
    return () => {
      for (const [id, command] of Object.entries(commands)) if (lent.get(id) === command) lent.delete(id);
    };
  });
}

/** By group, in the order in which they were lent. */
export function allCommands(): readonly (readonly [string, Command])[] {
  return [...lent].toSorted(([, a], [, b]) => a.group.localeCompare(b.group));
}

export function commandOfKey(key: string): Command | null {
  for (const command of lent.values()) {
    if (command.enabled !== false && command.keys?.includes(key)) return command;
  }
  return null;
}
