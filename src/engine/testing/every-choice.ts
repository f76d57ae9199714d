import { assert } from '../../lib/assert';
import type { Decision } from '../planner';
import type { Choices } from '../tuning';

/**
 * Plans that together use every candidate of every decision: everything that the autotuner may choose. The first plan
 * uses the first candidates, as where nothing was measured.
 * @param make makes the plan with these choices. A choice may lead to decisions that another one does not
 */
export function everyChoice<P extends { readonly decisions: ReadonlyMap<string, Decision> }>(
  make: (choices: Choices) => P,
): readonly P[] {
  const plans: P[] = [];
  /** By decision: the candidates that no plan has used, and the choices with which the decision was first met. */
  const decisions = new Map<string, { readonly unused: Set<string>; readonly met: Choices }>();

  /** Returns whether the plan uses a candidate that none before it used. */
  const add = (choices: Choices): boolean => {
    const plan = make(choices);
    let isNew = plans.length === 0;
    for (const [key, { candidates }] of plan.decisions) {
      const found = decisions.get(key) ?? { unused: new Set(candidates), met: choices };
      decisions.set(key, found);
      if (found.unused.delete(choices[key] ?? candidates[0] ?? '')) isNew = true;
    }
    if (isNew) plans.push(plan);
    return isNew;
  };

  add({});
  for (;;) {
    const open = [...decisions].flatMap(
      ([
        key,
        {
          unused: [next],
          met,
        },
      ]) => (next === undefined ? [] : { key, next, met }),
    );
    const [first] = open;
    if (first === undefined) return plans;
    // All decisions change at once. Where this hides a decision, it is made alone, as it was met.
    if (add(Object.fromEntries(open.map(({ key, next }) => [key, next])))) continue;
    assert(add({ ...first.met, [first.key]: first.next }), `${first.key}: no plan uses ${first.next}`);
  }
}
