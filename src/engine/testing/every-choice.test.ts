import { expect, it } from 'vitest';
import { Planner } from '../planner';
import type { Choices, Variant } from '../tuning';
import { everyChoice } from './every-choice';

const variants = (...names: string[]): Record<string, Variant & { name: string }> =>
  Object.fromEntries(names.map((name) => [name, { name }]));

it('uses every candidate, also of a decision that only one candidate of another leads to', () => {
  const plans = everyChoice((choices: Choices) => {
    const p = new Planner({ software: false, features: [], choices });
    const choose = (key: string, ...names: string[]) => p.choose(key, 1, variants(...names), () => ({})).name;
    const used = [choose('a', 'x', 'y', 'z'), choose('b', 'p', 'q')];
    // Met only with the last candidate of a, and hidden by its first two.
    if (used[0] === 'z') used.push(choose('c', 'i', 'j', 'k'));
    return { decisions: p.decisions, used: used.join(' ') };
  });
  expect(plans.map(({ used }) => used)).toEqual(['x p', 'y q', 'z p i', 'z p j', 'z p k']);
});

it('makes one plan where there is nothing to decide', () => {
  expect(everyChoice(() => ({ decisions: new Map() }))).toHaveLength(1);
});
