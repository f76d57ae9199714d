/** A model of the Hub in the built page: downloaded, trained, and used again offline. The Hub is a local server. */
import { type BrowserContext, expect } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import { type HubScript, startHub } from '../cli/test/hub/server';
import { ask, attempt, ended, openLab, SMALL } from './lab-run';
import { test } from './site';

const repository = 'lab-tests/tiny-thinker';
const names = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];
const script: HubScript = {
  repository,
  files: Object.fromEntries(names.map((name) => [name, { from: 'tiny-thinker' }])),
  large: ['model.safetensors'],
};

/** Redirects requests to huggingface.co to the local Hub at `url`. */
async function answerAsHub(context: BrowserContext, url: string): Promise<void> {
  await context.route('https://huggingface.co/**', async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${url}${pathname}${search}` }) });
  });
}

test('a model of the Hub is downloaded, trains, and then works offline', async ({ page, context }) => {
  const server = await startHub();
  try {
    const hub = `${server.url}/hubs/e2e`;
    await fetch(hub, { method: 'PUT', body: JSON.stringify(script) });
    await answerAsHub(context, hub);
    await openLab(page);
    const offer = await ask(
      page,
      ({ lookUpModel }, reference) => lookUpModel(reference, null),
      `https://huggingface.co/${repository}`,
    );
    expect(offer).toMatchObject({
      repository,
      licence: 'mit',
      choices: [{ name: 'safetensors', files: { length: 5 } }],
    });
    const { id } = await ask(page, ({ download }, input) => download(input, 'safetensors', null), offer);
    await expect
      .poll(async () =>
        (await ask(page, ({ models }) => models(), null)).map((model) => [model.id, model.name, model.failure]),
      )
      .toEqual([
        ['tiny-thinker', 'tiny-thinker', null],
        [id, 'tiny-thinker F16', null],
      ]);

    const recipe = { ...SMALL, model: id };
    const costs = await ask(page, ({ modelCosts }, [model, input]) => modelCosts(model, input), [id, recipe] as const);
    const estimate = await ask(page, ({ estimate: ofRecipe }, input) => ofRecipe(input), recipe);
    expect(costs.refused).toBeNull();
    expect(costs.training).toBe(estimate.bytes);
    expect(costs.generation).toBeLessThan(costs.trainingCheckpointed);
    expect(costs.trainingCheckpointed).toBeLessThan(costs.training);

    const run = await ask(page, ({ start }, input) => start(input), recipe);
    const refused = await attempt(page, ({ deleteModel }, model) => deleteModel(model), id);
    expect(refused).toMatchObject({ failure: { code: 'running-elsewhere' } });
    expect(await ended(page, run.id)).toMatchObject({ status: 'finished', failure: null });
    const zip = await ask(
      page,
      async ({ exportAdapter }, runId) => [...(await exportAdapter(runId, 'thinking'))],
      run.id,
    );
    const config = strFromU8(unzipSync(Uint8Array.from(zip))['adapter_config.json'] ?? new Uint8Array());
    expect(JSON.parse(config)).toMatchObject({ base_model_name_or_path: repository });

    await context.unroute('https://huggingface.co/**');
    await context.route('https://huggingface.co/**', (route) => route.abort());
    await openLab(page);
    expect(await ask(page, ({ estimate: ofRecipe }, input) => ofRecipe(input), recipe)).toMatchObject({
      bytes: estimate.bytes,
      refused: null,
    });
    await ask(page, ({ deleteModel }, model) => deleteModel(model), id);
    expect(await ask(page, ({ models }) => models(), null)).toHaveLength(1);
    const gone = await ask(page, ({ estimate: ofRecipe }, input) => ofRecipe(input), recipe);
    expect(gone).toMatchObject({ refused: expect.stringContaining('not stored here'), field: 'model' });
  } finally {
    await server.close();
  }
});
