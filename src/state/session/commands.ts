/** Registry of the commands available now. The command palette lists them, and the keyboard shortcuts run them. */

export interface Command {
  readonly label: string;
  readonly group: string;
  /** `KeyboardEvent.key` values. They are ignored while the user edits text. */
  readonly keys?: readonly string[];
  readonly enabled?: boolean;
  run(): void;
}

/** Who registered a command: the page that is shown, or the shell around all pages. */
export type CommandOwner = 'place' | 'shell';

const registered: Readonly<Record<CommandOwner, Map<string, Command>>> = { place: new Map(), shell: new Map() };

/** Returns a function that removes the commands again. */
export function registerCommands(commands: Readonly<Record<string, Command>>, owner: CommandOwner): () => void {
  const own = registered[owner];
  for (const [id, command] of Object.entries(commands)) own.set(id, command);
  return () => {
    for (const [id, command] of Object.entries(commands)) if (own.get(id) === command) own.delete(id);
  };
}

const isUsedByPlace = (key: string): boolean => [...registered.place.values()].some(({ keys }) => keys?.includes(key));

/**
 * All commands by group, in the order of registration. A shell command is listed without a key that the page uses
 * itself.
 */
export function allCommands(): readonly (readonly [string, Command])[] {
  const shell = [...registered.shell].map(([id, command]) => {
    const { keys, ...rest } = command;
    const own = keys?.filter((key) => !isUsedByPlace(key)) ?? [];
    return [id, own.length === 0 ? rest : { ...rest, keys: own }] as const;
  });
  return [...registered.place, ...shell].toSorted(([, a], [, b]) => a.group.localeCompare(b.group));
}

/**
 * The enabled command of a key. A key that the page uses never runs a shell command, not even while the page's own
 * command is disabled: the same key must not suddenly do something else.
 */
export function commandOfKey(key: string): Command | null {
  const owner = isUsedByPlace(key) ? registered.place : registered.shell;
  for (const command of owner.values()) {
    if (command.enabled !== false && command.keys?.includes(key)) return command;
  }
  return null;
}
