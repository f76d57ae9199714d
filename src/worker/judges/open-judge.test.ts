import { describe, expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { DeviceInfo } from '../../records/device';
import { type JudgeContext, type JudgeParts, openRunJudges } from './open-judge';
import { WebllmModels } from './webllm-models';

const never = (what: string) => () => Promise.reject(new LabError('internal', `${what} was asked for`));
const parts: JudgeParts = {
  base: 'http://localhost/',
  device: never('the device'),
  templates: { render: never('a template') },
  stored: never('a stored judge'),
  webllm: never('WebLLM'),
  remote: never('a remote judge'),
};
const context: JudgeContext = { runId: 'r', policy: () => null, tell: () => {} };
const open = (change: object, others: Partial<JudgeParts> = {}) =>
  openRunJudges({ ...PRESETS.quick, ...change }, { ...parts, ...others }, context);

describe('a run’s judges', () => {
  it('are one where the evaluation has no other', async () => {
    const { training, evaluation } = await open({});
    expect(training.name).toBe('rule');
    expect(evaluation).toBe(training);
  });

  it('are two where it has, each at its pace, and nothing is loaded unasked', async () => {
    const { training, evaluation } = await open({ judge: 'human', evaluationJudge: 'rule' });
    expect([training.name, training.pace]).toEqual(['human', 'patient']);
    expect([evaluation.name, evaluation.pace]).toEqual(['rule', undefined]);
  });

  it('on a panel are as slow as the slowest', async () => {
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

  it('on the model’s own weights say that it is not there yet', async () => {
    const { training } = await open({ judge: 'self', evaluationJudge: 'rule' });
    const asked = training.score({ instruction: 'x', responses: ['a', 'b'] });
    await expect(asked).rejects.toMatchObject({ code: 'judge-failed' });
  });

  it('of WebLLM need no list of its models', async () => {
    const device: DeviceInfo = {
      ...{ name: 'A GPU', kind: 'fast', gflops: 1000, features: [] },
      ...{ maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 30 },
    };
    const models = new WebllmModels({
      storage: { load: async () => ({ added: [], sizes: [] }), save: async () => {}, deleteFiles: async () => {} },
      base: 'http://localhost/',
      fetch: never('the network'),
      device: async () => device,
      room: never('the room'),
      tell: () => {},
      changed: () => {},
      createWorker() {
        throw new Error('its script is not there');
      },
    });
    const change = { judge: 'webllm', webllmModel: 'M', evaluationJudge: 'rule' };
    const { training } = await open(change, { webllm: async () => models, device: async () => device });
    expect(training).toMatchObject({ name: 'webllm M', memory: 0 });
  });

  it('whose script cannot be fetched are a failure of the judge, which can be tried again', async () => {
    const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
    await expect(open({ judge: 'remote' }, { remote: gone })).rejects.toMatchObject({
      code: 'judge-failed',
      message: expect.stringContaining('dynamically imported module'),
    });
  });

  it('say what could not be opened', async () => {
    await expect(open({ judge: 'remote' })).rejects.toThrow('a remote judge was asked for');
    await expect(open({ judge: 'panel', panel: 'rule,webllm' })).rejects.toThrow('WebLLM was asked for');
    await expect(open({ evaluationJudge: 'onnx' })).rejects.toThrow('the device was asked for');
  });
});
