/** The only link between the stores and React. Stores and their actions can be used and tested without it. */
import { useEffect } from 'react';
import { useStore as useZustandStore } from 'zustand/react';
import { useShallow } from 'zustand/react/shallow';
import type { StoreApi } from 'zustand/vanilla';
import { type Command, type CommandOwner, registerCommands } from './session/commands';

type ReadableStore<S> = Pick<StoreApi<S>, 'getState' | 'getInitialState' | 'subscribe'>;

/**
 * Subscribes a component to a part of a store. The component renders again only when that part changes; objects and
 * arrays are compared by their entries, so a selector may return a new object.
 */
export function useStore<S, T>(store: ReadableStore<S>, selector: (state: S) => T): T {
  return useZustandStore(store, useShallow(selector));
}

/** Registers commands while the component is mounted, always in their latest form. */
export function useCommands(commands: Readonly<Record<string, Command>>, owner: CommandOwner = 'place'): void {
  useEffect(() => registerCommands(commands, owner));
}
