import { describe, expect, it } from 'vitest';
import { GROUPS } from './declare';
import { askedKinds } from './judges/asked';
import { EVALUATION_JUDGES, JUDGES, KINDS } from './judges/kinds';
import { changeOf, DEFAULTS, FIELD_NAMES, FIELDS, isShown, RecipeSchema } from './recipe';

describe('fields', () => {
  it('all have an explanation and a group', () => {
    expect([...FIELD_NAMES].sort()).toEqual(Object.keys(RecipeSchema.entries).sort());
    for (const name of FIELD_NAMES) {
      expect(FIELDS[name].explanation).toMatch(/\.$/);
      expect(GROUPS).toContain(FIELDS[name].group);
    }
  });

  it('read their own values back from text', () => {
    for (const name of FIELD_NAMES) {
      const value = DEFAULTS[name];
      expect(FIELDS[name].read(Array.isArray(value) ? value.join(',') : String(value)), name).toEqual(value);
    }
  });

  it('change to a value in their range, and not to another', () => {
    expect(changeOf(DEFAULTS, 'k', 4)).toEqual({ ...DEFAULTS, k: 4 });
    for (const value of [1, 65, 2.5, '4', Number.NaN])
      expect(changeOf(DEFAULTS, 'k', value), String(value)).toEqual({});
  });
});

describe('judge kinds', () => {
  it('may all judge the evaluation, except a person and a panel', () => {
    const others = JUDGES.filter((kind) => kind !== 'human' && kind !== 'panel');
    expect(EVALUATION_JUDGES).toEqual(['same', ...others]);
  });

  it.each(JUDGES)('%s shows its fields where a recipe asks it, and hides the other kinds’', (kind) => {
    const recipe = { ...DEFAULTS, judge: kind, panel: 'rule:1,remote:1' };
    const asked = [kind, ...askedKinds(recipe)];
    for (const other of JUDGES) {
      const shown = FIELD_NAMES.filter((name) => Object.hasOwn(KINDS[other].fields, name) && isShown(name, recipe));
      // The template and the label of a reward model are only for one of the user's own.
      const own = Object.keys(KINDS[other].fields).filter((name) => !/onnx(?:Template|Label)/.test(name));
      expect(shown, other).toEqual(asked.includes(other) ? own : []);
    }
  });

  it('name a field of the recipe for their model, and fields that decide their time', () => {
    for (const kind of JUDGES) {
      const { model, timedBy } = KINDS[kind];
      for (const field of [...timedBy, ...(model === null ? [] : [model.field])]) expect(FIELD_NAMES).toContain(field);
    }
  });
});
