import { expect, it } from 'vitest';
import { FIELDS, fieldNames, GROUPS } from './fields';
import { RecipeSchema } from './recipe';

it('every field of the recipe is explained, and nothing else', () => {
  expect([...fieldNames()].sort()).toEqual(Object.keys(RecipeSchema.entries).sort());
  for (const name of fieldNames()) {
    expect(FIELDS[name].explanation).toMatch(/\.$/);
    expect(GROUPS).toContain(FIELDS[name].group);
  }
});
