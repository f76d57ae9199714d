import { expect, it } from 'vitest';
import { type AdapterSettings, adapterFault, recipeFault } from './faults';
import { PRESETS } from './presets';

const recipe = { ...PRESETS.quick, adapter: 'mine' };
const { rank, alpha, rsLora, targetModules } = recipe;
const adapter: AdapterSettings = { rank, alpha, rsLora, targetModules };

it('accepts an adapter with the settings of the recipe, in any order of its modules', () => {
  expect(adapterFault(recipe, { ...adapter, targetModules: targetModules.toReversed() })).toBeNull();
});

it.each<[Partial<AdapterSettings>, string]>([
  [{ rank: 8 }, 'has rank 8, the recipe 16: set rank to 8,'],
  [{ alpha: 16 }, 'set alpha to 16,'],
  [{ rsLora: true }, 'has rsLora true, the recipe false: set rsLora to true,'],
  [{ targetModules: ['v_proj', 'q_proj'] }, 'set targetModules to q_proj,v_proj,'],
])('names the field to change for another adapter: %j', (change, message) => {
  const fault = adapterFault(recipe, { ...adapter, ...change });
  expect(fault).toEqual({ field: Object.keys(change)[0], message: expect.stringContaining(message) });
});

it('refuses an adapter without the thinking arm', () => {
  expect(recipeFault({ ...recipe, arms: ['direct'] })).toMatchObject({ field: 'adapter' });
  expect(recipeFault(recipe)).toBeNull();
});
