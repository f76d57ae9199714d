import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { PRESETS } from '../recipe/presets';
import type { DeviceInfo } from '../records/device';
import { openRunJudges } from './openers';
import type { JudgeContext, JudgeServices } from './opening';
import type { WebllmCatalog } from './webllm/session';

const never = (what: string) => () => Promise.reject(new LabError('internal', `${what} was asked for`));
const services: JudgeServices = {
  base: 'http://localhost/',
  device: never('the device'),
  templates: { render: never('a template') },
  servedFiles: never('a served file'),
  storedFiles: never('a stored judge'),
  webllm: never('WebLLM'),
  remote: never('a remote judge'),
};
const context: JudgeContext = { runId: 'r', policy: () => null, onLoading: () => {} };
const open = (change: object, others: Partial<JudgeServices> = {}) =>
  openRunJudges({ ...PRESETS.quick, ...change }, { ...services, ...others }, context);

describe('a run’s judges', () => {
  it('are one object if the evaluation uses the same judge', async () => {
    const { training, evaluation } = await open({});
    expect(training.name).toBe('rule');
    expect(evaluation).toBe(training);
  });

  it('are two if the evaluation uses another, and nothing is loaded', async () => {
    const { training, evaluation } = await open({ judge: 'human', evaluationJudge: 'rule' });
    expect([training.name, training.pace]).toEqual(['human', 'patient']);
    expect([evaluation.name, evaluation.pace]).toEqual(['rule', undefined]);
  });

  it('are as slow as the slowest member of a panel', async () => {
    const { training } = await open({ judge: 'panel', panel: 'rule:1,self:2', evaluationJudge: 'rule' });
    expect(training).toMatchObject({
      name: 'panel of rule, self × 2',
      pace: 'policy-idle',
      relative: true,
      memory: 0,
    });
    const slower = await open({ judge: 'panel', panel: 'self,human,rule', evaluationJudge: 'rule' });
    expect(slower.training.pace).toBe('patient');
  });

  it('fail while the policy that judges is not loaded', async () => {
    const { training } = await open({ judge: 'self', evaluationJudge: 'rule' });
    const asked = training.score({ instruction: 'x', responses: ['a', 'b'] });
    await expect(asked).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it('open a model of WebLLM even without a list of its models', async () => {
    const device: DeviceInfo = {
      ...{
        name: 'A GPU',
        kind: 'fast',
        speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
        features: [],
      },
      ...{ maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 },
    };
    const models: WebllmCatalog = {
      source: async (id) => ({ id, record: null }),
      list: never('the list'),
    };
    const change = { judge: 'webllm', webllmModel: 'M', evaluationJudge: 'rule' };
    const { training } = await open(change, { webllm: async () => models, device: async () => device });
    expect(training).toMatchObject({ name: 'webllm M', memory: 0 });
  });

  it('fail as a judge if a script cannot be fetched, so that the run can be continued', async () => {
    const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
    await expect(open({ judge: 'remote' }, { remote: gone })).rejects.toMatchObject({
      code: 'judge-failed',
      message: expect.stringContaining('dynamically imported module'),
    });
  });

  it('fail with the reason', async () => {
    await expect(open({ judge: 'remote' })).rejects.toThrow('a remote judge was asked for');
    await expect(open({ judge: 'panel', panel: 'rule,webllm' })).rejects.toThrow('WebLLM was asked for');
    await expect(open({ evaluationJudge: 'onnx' })).rejects.toThrow('the device was asked for');
  });
});
