/** The judges of the scripted API. */
import type { Lab } from '../../src/client/client';
import { LabError } from '../../src/lib/errors';
import type { LabEvent } from '../../src/records/events';
import type { JudgeTrialResult, WebllmModel } from '../../src/records/judges';

type JudgeCalls = Pick<
  Lab,
  | 'tryJudge'
  | 'webllmModels'
  | 'webllmModelSize'
  | 'addWebllmModel'
  | 'fetchWebllmModel'
  | 'cancelWebllmFetch'
  | 'deleteWebllmModel'
  | 'cancelTrial'
>;

const model = (id: string, memory: number, change: Partial<WebllmModel> = {}): WebllmModel => ({
  id,
  bytes: null,
  about: Math.round(0.6 * memory),
  memory,
  needsF16: false,
  usable: true,
  stored: false,
  custom: false,
  ...change,
});

const FOUND: JudgeTrialResult = {
  judge: 'webllm Qwen2.5-1.5B-Instruct-q4f32_1-MLC',
  scores: [0.74, -0.74],
  detail: 'every two compared in both orders, ELO',
  calls: [
    { shown: [0, 1], verdict: 1, reply: '[[A]]' },
    { shown: [1, 0], verdict: null, reply: 'I think that both of them are fine, and I would rather not choose.' },
  ],
  members: [],
  controls: [
    { control: 'empty', passed: true },
    { control: 'colon', passed: true },
    {
      ...{ control: 'truncated', passed: false, response: 'The answ' },
      calls: [
        { shown: [0, 1], verdict: 1, reply: 'The first is short and clear: [[A]]' },
        { shown: [1, 0], verdict: 0, reply: '[[C]]' },
      ],
    },
    { control: 'choose-a', passed: true },
    { control: 'identical', passed: null, none: 'no-verdict' },
    { control: 'repeated', passed: true },
  ],
  seconds: 4.2,
};

const PANEL: JudgeTrialResult = {
  ...FOUND,
  judge: 'panel of rule, webllm Qwen2.5-1.5B-Instruct-q4f32_1-MLC × 2',
  detail: '0% of orders opposed; number: 1 of 2 right; ELO of 2 comparisons',
  calls: FOUND.calls.map((call) => ({ ...call, judge: FOUND.judge })),
  members: [
    { judge: 'rule', weight: 1, scores: [1, 0] },
    { judge: FOUND.judge, weight: 2, scores: [0.74, null] },
  ],
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function scriptedJudges(emit: (events: readonly LabEvent[]) => void): JudgeCalls {
  let models: readonly WebllmModel[] = [
    model('SmolLM2-360M-Instruct-q4f32_1-MLC', 580e6),
    model('Qwen2.5-1.5B-Instruct-q4f32_1-MLC', 1_889e6, { stored: true }),
    model('Qwen2.5-1.5B-Instruct-q4f16_1-MLC', 1_630e6, { needsF16: true, usable: false }),
    model('Llama-3.2-3B-Instruct-q4f32_1-MLC', 2_952e6),
  ];
  let cancelled = false;
  const change = (id: string, by: Partial<WebllmModel>) => {
    models = models.map((one) => (one.id === id ? { ...one, ...by } : one));
  };
  const busy = async (judge: string, phases: readonly string[]) => {
    cancelled = false;
    for (const phase of phases) {
      for (const progress of [0.1, 0.4, 0.7, 1]) {
        emit([{ type: 'judge', state: { judge, phase, progress } }]);
        await wait(150);
        if (cancelled) throw new LabError('cancelled', 'It was cancelled.');
      }
    }
    emit([{ type: 'judge', state: null }]);
  };
  return {
    async tryJudge(recipe, { responses, reference, checks = [] }) {
      await busy('Qwen2.5-1.5B', ['loading the weights', 'compiling the shaders']);
      if (responses[0] === '') {
        throw new LabError('judge-failed', 'The judge lost its device.', 'Nothing is lost. Try again.');
      }
      const detail = [reference, ...checks].flatMap((each) => each?.check ?? []).join(', ');
      if (recipe.judge === 'rule') return { ...FOUND, judge: 'rule', calls: [], controls: [], scores: [1, 0], detail };
      return recipe.judge === 'panel' ? PANEL : FOUND;
    },
    webllmModels: async () => models,
    webllmModelSize: async (id) => Math.round(0.7 * (models.find((one) => one.id === id)?.memory ?? 0)),
    async addWebllmModel({ id }) {
      const own = model(id, 209e6, { custom: true });
      models = [own, ...models];
      return own;
    },
    async fetchWebllmModel(id) {
      await busy(id, ['fetching weights', 'compiling shaders']);
      change(id, { stored: true });
    },
    deleteWebllmModel: async (id) => change(id, { stored: false }),
    cancelTrial: async () => {
      cancelled = true;
    },
    cancelWebllmFetch: async () => {
      cancelled = true;
    },
  };
}
