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

/** Whose a command is: of the place that is shown, or of what is around every place. */
type Owner = 'place' | 'shell';

const lent: Readonly<Record<Owner, Map<string, Command>>> = { place: new Map(), shell: new Map() };

/** Lends commands as long as the component is mounted, always in their latest form. */
export function useCommands(commands: Readonly<Record<string, Command>>, owner: Owner = 'place'): void {
  useEffect(() => lend(commands, owner));
}

/** @returns takes them back */
export function lend(commands: Readonly<Record<string, Command>>, owner: Owner): () => void {
  const own = lent[owner];
  for (const [id, command] of Object.entries(commands)) own.set(id, command);
  return () => {
    for (const [id, command] of Object.entries(commands)) if (own.get(id) === command) own.delete(id);
  };
}

const isOfPlace = (key: string): boolean => [...lent.place.values()].some(({ keys }) => keys?.includes(key));

/** By group, in the order in which they were lent; without the keys that the place has for something else. */
export function allCommands(): readonly (readonly [string, Command])[] {
  const shell = [...lent.shell].map(([id, command]) => {
    const { keys, ...rest } = command;
    const own = keys?.filter((key) => !isOfPlace(key)) ?? [];
    return [id, own.length === 0 ? rest : { ...rest, keys: own }] as const;
  });
  return [...lent.place, ...shell].toSorted(([, a], [, b]) => a.group.localeCompare(b.group));
}

/** A key that the place names is the place's, also while its command rests: nothing else is done by it unawares. */
export function commandOfKey(key: string): Command | null {
  const owner = isOfPlace(key) ? lent.place : lent.shell;
  for (const command of owner.values()) {
    if (command.enabled !== false && command.keys?.includes(key)) return command;
  }
  return null;
}
