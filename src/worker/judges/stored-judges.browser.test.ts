import type { Remote } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestModels } from '../../../cli/test/hub/models.worker';
import { judgeScript, TestHub } from '../../../cli/test/hub/test-hub';
import { PRESETS } from '../../recipe/presets';

const PAIR = judgeScript('pair', 'BertForSequenceClassification');
const EMBEDDING = judgeScript('embedding', 'BertModel', ['modules.json', '1_Pooling/config.json']);
let hub: TestHub;

beforeEach(() => {
  hub = new TestHub();
});
afterEach(() => hub.dispose());

interface Row {
  readonly instruction: string;
  readonly response: string;
  readonly logits: readonly number[];
}
const golden = async (): Promise<{ pair: Row[]; embedding: { text: string; cosines: number[] }[] }> =>
  (await fetch('/e2e/golden/judges/expected.json')).json();

async function fetched(models: Remote<TestModels>, repository: string): Promise<string> {
  const { id } = await models.download(await models.lookUp(repository, null), 'onnx/model.onnx', null);
  await vi.waitFor(async () => expect(await models.downloads()).toEqual([]), { timeout: 30_000, interval: 50 });
  return id;
}

/** The files of a judge's folder that the user drops; the names are paths. */
async function folder(
  name: string,
  change: Readonly<Record<string, BlobPart>> = {},
  more: readonly string[] = [],
): Promise<File[]> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.onnx', ...more];
  return Promise.all(
    names.map(async (file) => {
      const content = change[file] ?? (await (await fetch(`/e2e/golden/judges/${name}/${file}`)).blob());
      return new File([content], file === 'model.onnx' ? 'onnx/model.onnx' : file);
    }),
  );
}

describe('a reward model from the Hub', () => {
  it('is downloaded with its files, and is a judge but not a policy', async () => {
    await hub.script(PAIR);
    const models = await hub.worker();
    const id = await fetched(models, PAIR.repository);
    expect(id).toMatch(/^hub\/lab-tests\/pair@[0-9a-f]{40}\/onnx\/model\.onnx$/);
    expect((await models.models())[1]).toMatchObject({
      ...{ id, use: 'reward', architecture: 'BertForSequenceClassification', quantization: 'F32', failure: null },
      name: 'pair F32',
    });
    const [first] = (await golden()).pair;
    const { instruction = '', response = '', logits = [] } = first ?? {};
    const { scores } = await models.score(id, 'reward', { instruction, responses: [response] });
    expect(scores[0]).toBeCloseTo(logits[0] ?? Number.NaN, 4);
    await expect(models.readTensor(id, 'x')).rejects.toMatchObject({ code: 'unsupported-model' });
    await expect(models.score(id, 'embedding', { instruction, responses: [] })).rejects.toMatchObject({
      code: 'judge-failed',
      message: 'pair is a reward model; this judge needs a sentence-embedding model.',
    });
  });

  it('is not downloaded if its configuration is a language model’s', async () => {
    const config = { text: '{"architectures": ["LlamaForCausalLM"]}' };
    const { architecture: _, ...unknown } = PAIR;
    await hub.script({ ...unknown, files: { ...PAIR.files, 'config.json': config } });
    const models = await hub.worker();
    await models.download(await models.lookUp(PAIR.repository, null), 'onnx/model.onnx', null);
    await vi.waitFor(async () => expect((await models.downloads())[0]?.status).toBe('failed'), { timeout: 20_000 });
    expect((await models.downloads())[0]?.failure?.message).toContain('a language model in ONNX (LlamaForCausalLM)');
    expect((await hub.seen()).filter(({ path }) => path.endsWith('.onnx') && !path.includes('tree'))).toEqual([]);
  });
});

describe('a sentence-embedding model', () => {
  it('is added from a folder, and compares with the reference answer', async () => {
    const models = await hub.worker();
    const id = await models.addLocal(await folder('embedding', {}, ['modules.json', '1_Pooling/config.json']));
    expect((await models.models())[1]).toMatchObject({ id, use: 'embedding', source: 'local', failure: null });
    const { embedding } = await golden();
    const responses = embedding.map(({ text }) => text);
    const reference = { answer: responses[0] ?? '', check: 'exact' };
    const { scores } = await models.score(id, 'embedding', { instruction: '', responses, reference });
    for (const [i, cosine] of (embedding[0]?.cosines ?? []).entries()) expect(scores[i]).toBeCloseTo(cosine, 4);
  });

  it('from the Hub is recognised by its modules', async () => {
    await hub.script(EMBEDDING);
    const models = await hub.worker();
    const id = await fetched(models, EMBEDDING.repository);
    expect((await models.models())[1]).toMatchObject({ id, use: 'embedding' });
  });
});

describe('a folder that is not a judge leaves nothing behind', () => {
  for (const [what, name, change, says] of [
    ['a truncated graph', 'pair', 'cut', 'not a valid ONNX file'],
    ['an invalid tokenizer', 'pair', { 'tokenizer.json': '{}' }, 'tokenizer.json'],
    [
      'an encoder configured as a reward model',
      'embedding',
      { 'config.json': '{"architectures": ["BertForSequenceClassification"]}' },
      'last_hidden_state',
    ],
    ['an unknown kind', 'pair', { 'config.json': '{}' }, 'no architecture'],
  ] as const) {
    it(what, async () => {
      const models = await hub.worker();
      const cut = async () => ({
        'model.onnx': (await (await fetch('/e2e/golden/judges/pair/model.onnx')).blob()).slice(0, 9000),
      });
      const files = await folder(name, change === 'cut' ? await cut() : change);
      await expect(models.addLocal(files)).rejects.toMatchObject({ message: expect.stringContaining(says) });
      expect(await models.files(hub.name)).toEqual([]);
    });
  }
});

it('names the field to change in a recipe whose judge is not stored', async () => {
  const models = await hub.worker();
  const id = await models.addLocal(await folder('pair'));
  const fault = (change: object) => models.judgeFault({ ...PRESETS.quick, ...change });
  expect(await fault({ judge: 'onnx' })).toBeNull();
  expect(await fault({ judge: 'onnx', onnxModel: id })).toBeNull();
  expect(await fault({ judge: 'rule', onnxModel: 'hub/x' })).toBeNull();
  expect(await fault({ judge: 'onnx', onnxModel: 'local/gone-0123456789ab' })).toMatchObject({
    field: 'onnxModel',
    message: expect.stringContaining('gone is not stored here'),
  });
  expect(await fault({ evaluationJudge: 'similarity' })).toMatchObject({
    field: 'similarityModel',
    message: 'The recipe names no sentence-embedding model: add one in Models and choose it.',
  });
  expect(await fault({ judge: 'panel', panel: 'rule:1,similarity:1', similarityModel: id })).toMatchObject({
    message: expect.stringContaining('needs a sentence-embedding model'),
  });
});
