import { afterEach, expect, it, vi } from 'vitest';
import { allCommands, type Command, commandOfKey, lend } from './commands';

const taken: (() => void)[] = [];
const give = (id: string, command: Partial<Command>, owner: 'place' | 'shell') => {
  const whole = { label: id, group: 'g', run: vi.fn(), ...command };
  taken.push(lend({ [id]: whole }, owner));
  return whole;
};

afterEach(() => {
  for (const back of taken.splice(0)) back();
});

it('the place’s command goes before the shell’s, in whichever order they were lent', () => {
  const skip = give('skip', { keys: ['s'] }, 'place');
  give('step', { keys: ['s'] }, 'shell');
  expect(commandOfKey('s')).toBe(skip);
  taken.shift()?.();
  taken.push(lend({ skip }, 'place'));
  expect(commandOfKey('s')).toBe(skip);
});

it('a key of the place does nothing else while its command rests', () => {
  give('skip', { keys: ['s'], enabled: false }, 'place');
  const step = give('step', { keys: ['s'] }, 'shell');
  expect(commandOfKey('s')).toBeNull();
  taken.shift()?.();
  expect(commandOfKey('s')).toBe(step);
});

it('the list shows a key once, at the command that has it', () => {
  give('step', { keys: ['s'] }, 'shell');
  give('pause', { keys: [' '] }, 'shell');
  give('skip', { keys: ['s'] }, 'place');
  const keys = new Map(allCommands().map(([id, command]) => [id, command.keys]));
  expect(keys).toEqual(
    new Map([
      ['skip', ['s']],
      ['step', undefined],
      ['pause', [' ']],
    ]),
  );
});
