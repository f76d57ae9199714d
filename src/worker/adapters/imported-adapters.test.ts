import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdapterFiles } from '../../formats/adapter-zip';
import { readAdapterFiles } from '../../formats/adapter-zip';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../formats/peft';
import { LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { AdapterStore, StoredAdapter } from '../../storage/adapters';
import { ImportedAdapters } from './imported-adapters';

const golden = new URL('../../../e2e/golden/models/', import.meta.url);
const bytes = (path: string) => Uint8Array.from(readFileSync(new URL(path, golden)));
const files = [CONFIG_FILE, WEIGHTS_FILE].map((name) => ({ name, bytes: bytes(`llama/adapter/${name}`) }));
const model = (name: string) => parseConfig(JSON.parse(new TextDecoder().decode(bytes(`${name}/config.json`))));

/** Stores adapters in memory. */
function storeOf(kept: Map<string, StoredAdapter & AdapterFiles>): AdapterStore {
  return {
    async put(name, { config, weights }) {
      const stored = {
        id: `id-${kept.size}`,
        name,
        created: 1_750_000_000_000 + kept.size,
        bytes: weights.byteLength,
      };
      kept.set(stored.id, { ...stored, config, weights });
      return stored;
    },
    list: async () =>
      [...kept.values()].map(({ id, name, created, bytes }) => ({ id, name, created, bytes })).reverse(),
    async get(id) {
      const found = kept.get(id);
      if (!found) throw new LabError('not-found', 'This adapter is not stored here.', 'Import it again.');
      return found;
    },
    async delete(id) {
      kept.delete(id);
    },
  };
}

let kept: Map<string, StoredAdapter & AdapterFiles>;
let adapters: ImportedAdapters;
let recipe: Recipe;
beforeEach(async () => {
  kept = new Map();
  adapters = new ImportedAdapters(storeOf(kept));
  const { id } = await adapters.add(files);
  const [adapter] = await adapters.list();
  const { rank, alpha, rsLora, targetModules } = adapter?.settings ?? PRESETS.quick;
  recipe = { ...PRESETS.quick, adapter: id, rank, alpha, rsLora, targetModules: [...targetModules] };
});

it('are listed with the settings that a recipe must share, and are exported as they were imported', async () => {
  const config = JSON.parse(new TextDecoder().decode(files[0]?.bytes));
  const [adapter] = await adapters.list();
  expect(adapter).toMatchObject({
    id: 'id-0',
    name: 'adapter',
    settings: { rank: config.r, alpha: config.lora_alpha },
  });
  expect([...(adapter?.settings?.targetModules ?? [])].sort()).toEqual([...config.target_modules].sort());
  const again = await readAdapterFiles([{ name: 'mine.zip', bytes: await adapters.zip('id-0') }]);
  expect(Buffer.compare(again.weights, bytes(`llama/adapter/${WEIGHTS_FILE}`))).toBe(0);
  expect(again).toMatchObject({ name: 'mine', config: new TextDecoder().decode(files[0]?.bytes) });
});

it('that are not adapters are refused and not stored', async () => {
  await expect(adapters.add(files.slice(0, 1))).rejects.toMatchObject({ code: 'bad-file' });
  expect(await adapters.list()).toHaveLength(1);
});

it('that are damaged are listed, so that they can be deleted', async () => {
  const damaged = kept.get('id-0');
  if (damaged) kept.set('id-1', { ...damaged, id: 'id-1', weights: damaged.weights.slice(0, 100) });
  expect(await adapters.list()).toMatchObject([{ id: 'id-1', settings: null }, { id: 'id-0' }]);
  await adapters.delete('id-1');
  expect(await adapters.list()).toHaveLength(1);
});

describe('a run', () => {
  it('can begin with an adapter that fits the recipe and the model, or with none', async () => {
    expect(await adapters.fault(recipe, model('llama'))).toBeNull();
    expect(await adapters.fault({ ...recipe, adapter: '' }, model('smollm2'))).toBeNull();
  });

  it('is refused with the name of the value to change', async () => {
    expect(await adapters.fault({ ...recipe, rank: recipe.rank + 1 }, model('llama'))).toMatchObject({
      field: 'rank',
    });
  });

  it('cannot begin with an adapter of another model, or with one that is not stored', async () => {
    const narrow = { ...model('llama'), ffn: 64 };
    expect(await adapters.fault(recipe, narrow)).toMatchObject({
      field: 'adapter',
      message: expect.stringContaining('as the model asks'),
    });
    expect(await adapters.fault({ ...recipe, adapter: 'gone' }, narrow)).toMatchObject({
      field: 'adapter',
      message: expect.stringContaining('not stored here'),
    });
  });
});

it('the adapter of a run is stored like an imported one', async () => {
  const [, weights] = files;
  const config = new TextDecoder().decode(files[0]?.bytes);
  const one = await adapters.keep('Run 1, thinking, iteration 2', {
    config,
    weights: weights?.bytes ?? new Uint8Array(),
  });
  expect(one).toMatchObject({ name: 'Run 1, thinking, iteration 2', settings: { rank: 4, alpha: 8 } });
  expect((await adapters.list())[0]).toEqual(one);
});
