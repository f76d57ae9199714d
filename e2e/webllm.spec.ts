import { PRESETS } from '../src/recipe/presets';
import { complaintsOf, expect, test } from './site';

test('WebLLM is loaded from this site when its list is first shown, without other requests', async ({
  page,
  site,
}) => {
  const complaints = complaintsOf(page);
  const requests: string[] = [];
  page.context().on('request', (request) => requests.push(request.url()));
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
  await page.evaluate(() => globalThis.lab.device());
  await page.evaluate(() => globalThis.lab.cancelTrial());
  expect(requests.filter((url) => url.includes('webllm'))).toEqual([]);

  const models = await page.evaluate(() => globalThis.lab.webllmModels());
  expect(models.length).toBeGreaterThan(100);
  expect(models.filter(({ stored, custom }) => stored || custom)).toEqual([]);
  // Tests run on SwiftShader, which supports 32-bit floats only.
  expect(models.filter(({ needsF16 }) => needsF16).some(({ usable }) => usable)).toBe(false);
  expect(models.filter(({ needsF16 }) => !needsF16).every(({ usable }) => usable)).toBe(true);
  expect(requests.some((url) => url.includes('webllm'))).toBe(true);
  expect(requests.filter((url) => !url.startsWith(new URL(site).origin) && !url.startsWith('blob:'))).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a model that is added is requested from its address, and stored', async ({ page, site }) => {
  const at = (path: string) => new URL(path, site).href;
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
  const add = (id: string, model: string) =>
    page.evaluate(
      ([id, model, modelLib]) =>
        globalThis.lab.addWebllmModel({ id, model, modelLib }).catch((error: { code: string }) => error.code),
      [id, model, at('mine-v1.wasm')] as const,
    );
  expect(await add('mine', 'http://example.com/mine/')).toBe('bad-file');
  expect(await add('mine', at('mine/'))).toBe('not-found');
  await page.route('**/tensor-cache.json', (route) => route.fulfill({ json: { records: [{ nbytes: 111_000_000 }] } }));
  expect(await add('mine', at('mine/'))).toBe('not-found');
  await page.route('**/mlc-chat-config.json', (route) => route.fulfill({ json: { quantization: 'q4f32_1' } }));
  const added = {
    id: 'mine',
    bytes: 111e6,
    about: 111e6,
    memory: 111e6,
    needsF16: false,
    usable: true,
    stored: false,
    custom: true,
  };
  expect(await add('mine', at('mine/'))).toEqual(added);
  await page.reload();
  await page.waitForFunction(() => globalThis.lab !== undefined);
  expect((await page.evaluate(() => globalThis.lab.webllmModels()))[0]).toEqual(added);
  await page.evaluate(() => globalThis.lab.deleteWebllmModel('mine'));
  expect((await page.evaluate(() => globalThis.lab.webllmModels())).some(({ custom }) => custom)).toBe(false);
});

test('a WebLLM judge downloads nothing by itself, and says if no model is chosen or stored', async ({
  page,
  site,
}) => {
  const otherRequests: string[] = [];
  page.context().on('request', (request) => {
    if (!request.url().startsWith(new URL(site).origin) && !request.url().startsWith('blob:'))
      otherRequests.push(request.url());
  });
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
  const tried = (webllmModel: string) =>
    page.evaluate(
      (recipe) =>
        globalThis.lab
          .tryJudge(recipe, { instruction: 'Add 1 and 2.', responses: ['3', '4'], reference: null })
          .catch((error: { code: string; message: string }) => `${error.code}: ${error.message}`),
      { ...PRESETS.quick, judge: 'webllm' as const, webllmModel },
    );
  expect(await tried('')).toBe('bad-recipe: The recipe names no WebLLM model: fetch one in Models and choose it.');
  expect(await tried('SmolLM2-360M-Instruct-q4f32_1-MLC')).toContain('is not stored here');
  expect(await tried('SmolLM2-360M-Instruct-q4f16_1-MLC')).toContain('shader-f16');
  expect(await tried('none')).toContain('WebLLM has no model none');
  const started = (webllmModel: string) =>
    page.evaluate(
      async (recipe) => {
        const { refused, field } = await globalThis.lab.estimate(recipe);
        const error = await globalThis.lab.start(recipe).then(
          () => null,
          (thrown: { code: string; message: string }) => thrown,
        );
        return [field, refused, error?.code, error?.message === refused];
      },
      { ...PRESETS.quick, evaluationJudge: 'webllm' as const, webllmModel },
    );
  for (const model of ['SmolLM2-360M-Instruct-q4f32_1-MLC', 'SmolLM2-360M-Instruct-q4f16_1-MLC', 'none']) {
    expect(await started(model)).toEqual(['webllmModel', expect.stringContaining(model), 'judge-failed', true]);
  }
  expect(await page.evaluate(() => globalThis.lab.runs())).toEqual([]);
  expect(otherRequests).toEqual([]);
});
