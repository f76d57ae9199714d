import type { Lab } from '../../src/client/client';
import { PRESETS } from '../../src/recipe/presets';
import type { Arm } from '../../src/recipe/recipe';
import type { DryCompletion, DrySample, Rollout } from '../../src/records/candidates';
import type { DeviceInfo, DeviceReport, Estimate } from '../../src/records/device';
import type { LabEvent } from '../../src/records/events';
import type { Progress } from '../../src/records/progress';
import type { RunDetail, RunSummary } from '../../src/records/runs';
import { evaluation, iteration, live, rollout, steps } from './made-up';
import { imported, type Script, scriptedLab, summary } from './scripted-lab';
import { BUNDLED, hubModel, type ModelScript } from './scripted-models';
import { FACTS } from './scripted-pairs';
import { setInfo } from './scripted-prompts';

const ARMS: readonly Arm[] = ['thinking', 'direct'];

const estimate: Estimate = {
  bytes: 84_213_760,
  parts: [
    { name: 'weights', bytes: 4_331_008 },
    { name: 'adapter and optimiser', bytes: 5_242_880 },
    { name: 'KV cache', bytes: 21_000_000 },
    { name: 'activations', bytes: 53_639_872 },
  ],
  lanes: 64,
  seconds: 371,
  refused: null,
  field: null,
};

const DEVICE: DeviceInfo = {
  name: 'SwiftShader',
  kind: 'software',
  speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 2e-3 },
  features: [],
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 30,
};

const quiet: Script = {
  device: { ok: true, device: DEVICE },
  estimate,
  runs: [],
  rollouts: [],
  play: () => undefined,
};

/** Eight completions of a small chat model, of which `wellFormed` follow the format. */
function drySample(wellFormed: number): DrySample {
  const limit = 512;
  const completions = Array.from({ length: 8 }, (_, position): DryCompletion => {
    const { prompt, candidates } = rollout('train', 1, 'thinking', position, 1);
    const shared = { promptId: prompt.id, instruction: prompt.instruction };
    const thought = candidates[0]?.thought ?? '';
    const response = `There are **${prompt.answer}** pens left.`;
    if (position < wellFormed) {
      const text = `Here is my thought process:\n${thought}\nHere is my response:\n${response}`;
      return { ...shared, text, thought, response, malformed: null, tokens: 61 + position };
    }
    const long = position % 4 === 0 || position === 6;
    const text = long
      ? `${'I count the pens, and then I count them again to be sure. '.repeat(9)}So`
      : `${response} Let me know!`;
    const malformed = long ? 'truncated' : 'no-marker';
    return { ...shared, text, thought: text, response: '', malformed, tokens: long ? limit : 24 };
  });
  const malformed = 8 - wellFormed;
  const most = malformed > 4;
  return {
    arm: 'thinking',
    limit,
    completions,
    malformed,
    meanTokens: 164.6,
    tokensPerSecond: 91,
    finding: most
      ? `${malformed} of 8 malformed: ${malformed - 2} without the response marker, 2 not ended after ${limit} tokens.`
      : `${malformed} of 8 malformed: ${malformed} without the response marker.`,
    advice: most
      ? 'Few pairs can be made of them. Warm the model up first, so that it imitates those that are ' +
        'well-formed, or choose a thought prompt whose markers this model writes.'
      : null,
    field: most ? 'format' : null,
  };
}

function progress(change: Partial<Progress>): LabEvent {
  const base: Progress = {
    phase: 'generate',
    iteration: 1,
    iterations: 3,
    arm: 'thinking',
    done: 0,
    total: 32,
    counts: 'prompts',
    tokensPerSecond: 1204,
    secondsLeft: 312,
  };
  return { type: 'progress', progress: { ...base, ...change } };
}

/** A run in its second iteration: the records before it at once, then candidates that grow. */
function playSecondIteration(emit: (events: readonly LabEvent[]) => void): void {
  const events: LabEvent[] = [];
  const add = (...rollouts: Rollout[]) =>
    events.push(...rollouts.map((one): LabEvent => ({ type: 'rollout', rollout: one })));
  for (const arm of ARMS) add(...Array.from({ length: 60 }, (_, i) => rollout('evaluate', 0, arm, i, 2)));
  for (const arm of ARMS) {
    events.push(
      { type: 'evaluation', evaluation: evaluation(0, arm) },
      { type: 'evaluation', evaluation: evaluation(1, arm) },
    );
    events.push(...steps(arm, arm === 'thinking' ? 2 : 1, 8).map((step): LabEvent => ({ type: 'step', step })));
    add(...Array.from({ length: 32 }, (_, i) => rollout('train', 1, arm, i, 8)));
    add(...Array.from({ length: 60 }, (_, i) => rollout('evaluate', 1, arm, i, 2)));
    events.push({ type: 'iteration', iteration: iteration(1, arm) });
  }
  add(...Array.from({ length: 11 }, (_, i) => rollout('train', 2, 'thinking', i, 8)));
  events.push(progress({ iteration: 2, done: 11 }));
  emit(events);
  let position = 11;
  let share = 0;
  const timer = setInterval(() => {
    share += 0.05;
    const now = rollout('train', 2, 'thinking', position, 8);
    if (share < 1.1) return emit([{ type: 'live', live: [live(now, share)] }]);
    emit([
      { type: 'rollout', rollout: now },
      progress({ iteration: 2, done: position + 1, secondsLeft: 300 - position }),
    ]);
    position += 1;
    share = 0;
    if (position === 32) clearInterval(timer);
  }, 100);
}

/** A run whose warm-up has started training. */
function playWarmUp(emit: (events: readonly LabEvent[]) => void): void {
  const events: LabEvent[] = Array.from({ length: 60 }, (_, i) => ({
    type: 'rollout',
    rollout: rollout('evaluate', 0, 'thinking', i, 2),
  }));
  events.push({ type: 'evaluation', evaluation: evaluation(0, 'thinking') });
  for (let position = 0; position < 32; position++) {
    const { candidates, ...one } = rollout('train', 1, 'thinking', position, 8);
    const written = candidates.map((candidate) => ({ ...candidate, score: null, correct: null, s: null }));
    const warmUp = { ...one, purpose: 'warm-up', iteration: 0, candidates: written, pair: null } as const;
    events.push({ type: 'rollout', rollout: warmUp });
  }
  for (let step = 1; step <= 6; step++) {
    const measured = {
      loss: 0.4 + 1 / step,
      samples: 8,
      grad_norm: 2,
      learning_rate: 2e-4,
      tokens: 900,
      seconds: 0.4,
    };
    events.push({ type: 'sft-step', step: { iteration: 0, arm: 'thinking', step, steps: 16, ...measured } });
  }
  events.push(progress({ phase: 'warm-up', iteration: 0, done: 6, total: 16, counts: 'steps' }));
  emit(events);
}

/** Thousands of candidates that arrive very fast. */
function playFlood(emit: (events: readonly LabEvent[]) => void): void {
  let position = 0;
  const timer = setInterval(() => {
    const events: LabEvent[] = [];
    for (let i = 0; i < 8; i++) {
      events.push({ type: 'rollout', rollout: rollout('train', 1, 'thinking', position, 8) });
      position += 1;
    }
    for (let i = 0; i < 4; i++)
      events.push({
        type: 'live',
        live: [live(rollout('train', 1, 'thinking', position + i, 8), (position % 20) / 20)],
      });
    for (const step of steps('thinking', 1, 64).slice(position % 56, (position % 56) + 4))
      events.push({ type: 'step', step });
    events.push(progress({ done: position, total: 400 }));
    emit(events);
    if (position >= 400) clearInterval(timer);
  }, 50);
}

function finished(id: string, name: string, change: Partial<RunSummary> = {}): RunDetail {
  return {
    summary: { ...summary(id, name), ...change },
    evaluations: ARMS.flatMap((arm) => [0, 1, 2, 3].map((i) => evaluation(i, arm))),
    iterations: ARMS.flatMap((arm) => [1, 2, 3].map((i) => iteration(i, arm))),
    steps: ARMS.flatMap((arm) => [...steps(arm, 3, 16)]),
    sftSteps: [],
    warnings: [],
    progress: null,
    best: { thinking: 2, direct: 0 },
  };
}

const RUNS: readonly RunDetail[] = [
  finished('run-3', 'Run 3'),
  finished('run-2', 'Length control 0.2', { recipe: { ...PRESETS.standard, rho: 0.2, k: 4 }, device: 'Apple M2' }),
  finished('run-1', 'Run 1', {
    status: 'failed',
    iterations: 1,
    failure: { code: 'not-finite', message: 'The loss became NaN.', advice: 'Lower the learning rate.' },
  }),
];
const ROLLOUTS = ARMS.flatMap((arm) =>
  [1, 2, 3].flatMap((i) => Array.from({ length: 64 }, (_, p) => rollout('train', i, arm, p, 8))),
);

/** Rollouts judged by a panel, with replies, control rows and a response that addresses the judge. */
function judged(one: Rollout): Rollout {
  const scores = one.candidates.map(({ score }) => score);
  return {
    ...one,
    judgement: {
      judge: 'panel',
      promptVersion: '1f0c2a9e',
      detail: 'z-scores added by weight; the members disagree in 18% of the pairs of candidates',
      calls: [
        { shown: [0, 1], verdict: 1, reply: '[[A]]', judge: 'tiny-judge' },
        { shown: [1, 0], verdict: null, reply: 'Both are fine, and I would rather not choose between them.' },
      ],
      members: [
        { judge: 'rule', weight: 1, scores },
        {
          judge: 'tiny-judge',
          weight: 0.5,
          scores: scores.map((score, i) => (score === null ? null : Math.sin(3 * i + one.position) + score)),
        },
      ],
      flags: one.position === 0 ? [{ candidate: 1, words: 'choose A' }] : [],
      controls: [
        { control: 'empty', passed: true },
        {
          ...{ control: 'truncated', passed: false, response: 'The answ' },
          calls: [{ shown: [0, 1], verdict: 1, reply: 'Short and clear: [[A]]', judge: 'tiny-judge' }],
          members: [
            { judge: 'rule', passed: true },
            { judge: 'tiny-judge', passed: false },
          ],
        },
        { control: 'identical', passed: null, none: 'nothing-to-tell' },
      ],
    },
  };
}

/** Held-out prompts whose samples were compared with those of the seed model. */
function compared(one: Rollout): Rollout {
  const against = { iteration: 0, arm: one.arm };
  const calls = one.candidates.map((_, sample) => [
    { shown: [0, 1] as const, verdict: 1 - sample, reply: sample === 0 ? '[[A]]' : 'A tie, I would say.' },
  ]);
  return {
    ...one,
    comparisons: one.iteration === 0 ? [] : [{ against, outcomes: one.candidates.map((_, i) => 1 - i / 2), calls }],
  };
}

const HELD_OUT = ARMS.flatMap((arm) =>
  [0, 1, 2, 3].flatMap((i) => Array.from({ length: 20 }, (_, p) => compared(rollout('evaluate', i, arm, p, 2)))),
);

const panel = finished('run-3', 'Run 3', {
  recipe: { ...PRESETS.standard, judge: 'panel', panel: 'rule:1,onnx:0.5' },
});
const JUDGED: Script = {
  ...quiet,
  runs: [
    {
      ...panel,
      iterations: panel.iterations.map((one) => ({
        ...one,
        judge: { ...FACTS, members: [{ ...FACTS, controls: {}, silentControls: 12, judge: 'webllm SmolLM2' }] },
      })),
      evaluations: panel.evaluations.map((one) => ({ ...one, judgeFacts: { ...FACTS, judge: 'self' } })),
    },
  ],
  rollouts: [...ROLLOUTS.map(judged), ...HELD_OUT],
};
/** A run of the thinking arm only, in which some prompts have answers and the judge sometimes gives no verdict. */
const MIXED: RunDetail = {
  ...finished('run-5', 'Mixed prompts', {
    recipe: { ...PRESETS.standard, arms: ['thinking'], evaluationJudge: 'onnx' },
  }),
  evaluations: [0, 1, 2, 3].map((i) => {
    const { differences: _, ...made } = evaluation(i, 'thinking');
    const lost = i === 3;
    return {
      ...made,
      checkable: 120,
      malformed: lost ? 1 : made.malformed,
      ...(lost && { meanScore: null, meanScoreInterval: null, thoughtTokens: null, responseTokens: null }),
      unparsed: { count: 61, of: 580 },
      categories: (made.categories ?? []).map((one, c) =>
        c < 3 ? one : { ...one, checkable: 0, accuracy: null, accuracyInterval: null },
      ),
      winRates: made.winRates
        .filter(({ against }) => against === 'seed')
        .map((rate) => ({ ...rate, rate: lost ? 0.03 : rate.rate, interval: null, prompts: 288, unparsed: 31 })),
    };
  }),
  warnings: [1, 2].map((i) => ({
    code: 'evaluation-silent',
    message:
      'The judge of the evaluation (tiny-judge) came to no verdict on 61 of 580 held-out samples ' +
      `(iteration ${i}, thinking arm).`,
    advice: 'Choose another judge for the evaluation.',
    field: 'evaluationJudge',
  })),
  best: { thinking: 2 },
};
/** A run with a person on its panel. */
const BY_HAND: Script = {
  ...quiet,
  runs: [
    finished('run-3', 'By hand', {
      recipe: { ...PRESETS.standard, judge: 'panel', panel: 'rule:1,human:2', evaluationJudge: 'rule' },
    }),
  ],
  rollouts: ROLLOUTS,
};

const OFFERS: ModelScript['offers'] = [
  {
    repository: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    revision: '12fd25f77366fa6b3b4b768ec3050bf629380bac',
    licence: 'apache-2.0',
    gated: false,
    choices: [
      {
        name: 'safetensors',
        bytes: 271_166_541,
        files: [
          { name: 'config.json', bytes: 861 },
          { name: 'tokenizer.json', bytes: 2_104_556 },
          { name: 'tokenizer_config.json', bytes: 3_572 },
          { name: 'model.safetensors', bytes: 269_060_552 },
        ],
      },
    ],
  },
  {
    repository: 'bartowski/Llama-3.2-1B-Instruct-GGUF',
    revision: '067b946cf014b7c697f3654f621d577a3e3afd1c',
    licence: 'llama3.2',
    gated: false,
    choices: [
      ['Llama-3.2-1B-Instruct-f16.gguf', 2_479_595_360],
      ['Llama-3.2-1B-Instruct-Q8_0.gguf', 1_321_083_008],
      ['Llama-3.2-1B-Instruct-Q6_K.gguf', 1_021_800_576],
      ['Llama-3.2-1B-Instruct-Q4_K_M.gguf', 807_694_464],
      ['Llama-3.2-1B-Instruct-Q4_0.gguf', 773_025_920],
    ].map(([name, bytes]) => ({
      name: String(name),
      bytes: Number(bytes),
      files: [{ name: String(name), bytes: Number(bytes) }],
    })),
  },
  {
    repository: 'google/gemma-3-270m-it',
    revision: 'ac82b4e820549b854eebf28ce6dedaf9fdfa17b3',
    licence: 'gemma',
    gated: true,
    choices: [{ name: 'safetensors', bytes: 569_700_000, files: [{ name: 'model.safetensors', bytes: 536_223_056 }] }],
  },
];

const STORED: ModelScript = {
  offers: OFFERS,
  models: [
    BUNDLED,
    hubModel('HuggingFaceTB/SmolLM2-360M-Instruct', 'safetensors'),
    hubModel('local', 'Q4_1', {
      id: 'local/SmolLM2-135M-Instruct.Q4_1-b179c9523d0e',
      name: 'SmolLM2-135M-Instruct.Q4_1',
      source: 'local',
      repository: null,
      revision: null,
      licence: null,
      bytes: 98_362_432,
      parameters: 134_515_008,
      quantization: 'Q4_1',
    }),
    hubModel('Qwen/Qwen2.5-0.5B-Instruct', 'safetensors', {
      bytes: 995_100_000,
      failure: {
        code: 'bad-file',
        message: 'model.safetensors is damaged: its sha-256 is another than the Hub’s.',
        advice: 'Delete it and download it again.',
      },
    }),
  ],
  downloads: [
    {
      id: 'hub/Qwen/Qwen3-0.6B-GGUF@23749fefcc72300e3a2ad315e1317431b06b590a/Qwen3-0.6B-Q8_0.gguf',
      name: 'Qwen3-0.6B-GGUF',
      repository: 'Qwen/Qwen3-0.6B-GGUF',
      revision: '23749fefcc72300e3a2ad315e1317431b06b590a',
      choice: 'Qwen3-0.6B-Q8_0.gguf',
      status: 'running',
      bytes: 639_446_688,
      received: 198_000_000,
      bytesPerSecond: 12.3e6,
      secondsLeft: 36,
      failure: null,
    },
    {
      id: 'hub/google/gemma-3-270m-it@ac82b4e820549b854eebf28ce6dedaf9fdfa17b3/safetensors',
      name: 'gemma-3-270m-it',
      repository: 'google/gemma-3-270m-it',
      revision: 'ac82b4e820549b854eebf28ce6dedaf9fdfa17b3',
      choice: 'safetensors',
      status: 'failed',
      bytes: 569_700_000,
      received: 94_000_000,
      bytesPerSecond: null,
      secondsLeft: null,
      failure: {
        code: 'gated',
        message: 'The Hub asks for a token again.',
        advice: 'What came is kept. Enter it, then try again.',
      },
    },
  ],
  bytesPerSecond: 2e6,
};

const REPORT: DeviceReport = {
  version: 1,
  date: '2026-11-23T15:07:00.000Z',
  browser: 'Chrome 140',
  device: DEVICE,
  model: 'tiny-thinker',
  checks: [
    {
      name: 'Logits',
      passed: true,
      detail: 'Differ from PyTorch by at most 1.5e-6 of the largest entry (1 compared).',
    },
    {
      name: 'Gradient',
      passed: true,
      detail: 'Differ from PyTorch by at most 3.4e-6 of the largest entry (84 compared).',
    },
    { name: 'Small f16 numbers', passed: true, detail: 'unpack2x16float keeps numbers below 2⁻¹⁴.' },
    {
      name: 'Largest grid',
      passed: true,
      detail: '65535 workgroups along one axis are computed, and one more is refused.',
    },
  ],
  speeds: [
    { work: 'prefill, 8 prompts', tokensPerSecond: 2140, seconds: 0.26, predicted: 0.24, share: 0.041 },
    { work: 'decode, 1 lane', tokensPerSecond: 91.2, seconds: 0.011, predicted: 0.012, share: 0.0131 },
    { work: 'decode, 8 lanes', tokensPerSecond: 402, seconds: 0.02, predicted: 0.019, share: 0.0254 },
    { work: 'decode, 64 lanes (fastest)', tokensPerSecond: 1204, seconds: 0.053, predicted: 0.05, share: 0.052 },
    { work: 'training, 8 pairs', tokensPerSecond: 890, seconds: 0.93, predicted: 0.99, share: 0.038 },
  ],
  variants: {
    'linear.forward f32, 1 row': '1x4',
    'linear.forward f32, up to 8 rows': '8x4',
    'linear.backward f32, more rows': '4x4',
  },
};

const FAILED: DeviceReport = {
  ...REPORT,
  checks: REPORT.checks.map((one) =>
    one.name === 'Small f16 numbers'
      ? { ...one, passed: false, detail: 'unpack2x16float changes 8 of 8 numbers below 2⁻¹⁴.' }
      : one,
  ),
  speeds: [],
  variants: {},
};

const SCENES: Readonly<Record<string, Script>> = {
  first: { ...quiet, play: playSecondIteration },
  flood: { ...quiet, play: playFlood },
  'keeps-format': { ...quiet, dry: drySample(7), play: playSecondIteration },
  'loses-format': { ...quiet, dry: drySample(3), play: playWarmUp },
  'no-webgpu': {
    ...quiet,
    device: {
      ok: false,
      failure: {
        code: 'no-webgpu',
        message: 'This browser does not offer WebGPU to this page.',
        advice: 'The model runs on it; without it nothing can be started.',
      },
    },
  },
  refused: {
    ...quiet,
    estimate: {
      ...estimate,
      bytes: 9_400_000_000,
      refused: 'This recipe needs 9.4 GB in one run; this device gives 2.1 GB. Lower “Lanes” to 16.',
      field: 'lanes',
    },
  },
  judged: JUDGED,
  'by-hand': BY_HAND,
  finished: { ...quiet, runs: RUNS, rollouts: ROLLOUTS },
  'direct-best': {
    ...quiet,
    runs: [{ ...finished('run-3', 'Run 3'), best: { thinking: 0, direct: 1 } }],
    rollouts: ROLLOUTS,
  },
  mixed: { ...quiet, runs: [MIXED], rollouts: ROLLOUTS },
  models: {
    ...quiet,
    report: REPORT,
    tested: FAILED,
    models: STORED,
    storage: { usage: 2_004_000_000, quota: 60e9, persisted: false },
  },
  'no-models': { ...quiet, tested: REPORT, models: { offers: OFFERS, bytesPerSecond: 250e6 } },
  'little-room': { ...quiet, models: { offers: OFFERS }, storage: { usage: 700e6, quota: 1.6e9, persisted: true } },
  imported: { ...quiet, runs: RUNS, rollouts: ROLLOUTS, adapters: [imported('adapter-1', 'An earlier thinker')] },
  unfinished: {
    ...quiet,
    runs: [finished('run-4', 'Run 4', { status: 'running', iterations: 1 }), ...RUNS],
    rollouts: ROLLOUTS,
    play: playSecondIteration,
  },
  'other-tab': {
    ...quiet,
    runs: [finished('run-4', 'Run 4', { status: 'running', iterations: 1 })],
    rollouts: ROLLOUTS,
    greeting: [{ type: 'other-tab', runId: 'run-4' }, progress({ done: 20 })],
  },
  prompts: {
    ...quiet,
    prompts: {
      sets: [
        [
          setInfo('kitchen-sums-0a1b2c3d', 'Kitchen sums', 3, { kind: 'file', name: 'kitchen.csv', format: 'csv' }),
          ['How many eggs are a dozen?', 'Double 250 g of flour.', 'Halve three cups of milk.'].map(
            (instruction, i) => ({
              id: `row-${i + 1}`,
              instruction,
            }),
          ),
        ],
        [
          setInfo('bakery-0a1b2c3d', 'Bakery', 1, { kind: 'paste', format: 'lines' }),
          [{ id: 'line-1', instruction: 'How long does bread take?' }],
        ],
      ],
      datasets: [
        {
          ...{
            repository: 'openai/gsm8k',
            revision: 'e53f048856ff4f594e959d75785d2c2d37b678ee',
            licence: 'mit',
            gated: false,
            more: 0,
            cut: false,
            linkedFile: null,
          },
          files: [
            { name: 'main/test-00000-of-00001.parquet', bytes: 419_000, refused: null },
            { name: 'main/train-00000-of-00001.parquet', bytes: 2_310_000, refused: null },
            { name: 'everything.jsonl', bytes: 900_000_000, refused: 'Larger than the 64 MB that are read.' },
          ],
        },
        {
          ...{
            repository: 'lab-tests/gated',
            revision: 'e53f048856ff4f594e959d75785d2c2d37b678ee',
            licence: null,
            gated: true,
            more: 0,
            cut: false,
            linkedFile: null,
          },
          files: [{ name: 'train.csv', bytes: 90_000, refused: null }],
        },
      ],
      made: {
        kept: [
          'How much is 12 plus 31?',
          'Omar has 4 pens and loses 2 of them. How many are left?',
          '<img src=x onerror=alert(1)> **Name** a town.',
        ],
        rejected: [
          { text: 'The answer is 43.', fault: 'answered' },
          { text: 'How much is 12 plus 31?', fault: 'repeated' },
          { text: '', fault: 'empty' },
        ],
      },
      used: ['kitchen-sums-0a1b2c3d'],
    },
  },
  // A model may generate HTML, Markdown and links. The page must show HTML, images and links as text.
  hostile: {
    ...quiet,
    play: (emit) => {
      const one = rollout('train', 1, 'thinking', 0, 2);
      const text =
        '<img src=x onerror="document.title=1"> **bold** ![picture](https://example.org/a.png) ' +
        '[link](https://example.org) <b>html</b>';
      const candidates = one.candidates.map((candidate) => ({
        ...candidate,
        thought: text,
        response: text,
        malformed: null,
      }));
      emit([{ type: 'rollout', rollout: { ...one, prompt: { ...one.prompt, instruction: text }, candidates } }]);
    },
  },
  warning: {
    ...quiet,
    play: (emit) => {
      playSecondIteration(emit);
      emit([
        {
          type: 'warning',
          warning: {
            code: 'logps-fall',
            message: 'logps/chosen fell by 41 since step 10.',
            advice: 'The learning rate is probably too high: stop, and try a third of it.',
            field: 'learningRate',
          },
        },
      ]);
    },
  },
};

export function scene(name: string): Lab {
  const script = SCENES[name];
  if (script === undefined) throw new Error(`There is no scene ${name}; there are ${Object.keys(SCENES).join(', ')}.`);
  return scriptedLab(script);
}
