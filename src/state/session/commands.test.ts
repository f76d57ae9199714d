import { afterEach, expect, it, vi } from 'vitest';
import { allCommands, type Command, commandOfKey, registerCommands } from './commands';

const removals: (() => void)[] = [];
const register = (id: string, command: Partial<Command>, owner: 'place' | 'shell') => {
  const whole = { label: id, group: 'g', run: vi.fn(), ...command };
  removals.push(registerCommands({ [id]: whole }, owner));
  return whole;
};

afterEach(() => {
  for (const back of removals.splice(0)) back();
});

it('a command of the page wins over one of the shell, whichever was registered first', () => {
  const skip = register('skip', { keys: ['s'] }, 'place');
  register('step', { keys: ['s'] }, 'shell');
  expect(commandOfKey('s')).toBe(skip);
  removals.shift()?.();
  removals.push(registerCommands({ skip }, 'place'));
  expect(commandOfKey('s')).toBe(skip);
});

it('a key of the page runs nothing else while its command is disabled', () => {
  register('skip', { keys: ['s'], enabled: false }, 'place');
  const step = register('step', { keys: ['s'] }, 'shell');
  expect(commandOfKey('s')).toBeNull();
  removals.shift()?.();
  expect(commandOfKey('s')).toBe(step);
});

it('lists a key only at the command that it runs', () => {
  register('step', { keys: ['s'] }, 'shell');
  register('pause', { keys: [' '] }, 'shell');
  register('skip', { keys: ['s'] }, 'place');
  const keys = new Map(allCommands().map(([id, command]) => [id, command.keys]));
  expect(keys).toEqual(
    new Map([
      ['skip', ['s']],
      ['step', undefined],
      ['pause', [' ']],
    ]),
  );
});
