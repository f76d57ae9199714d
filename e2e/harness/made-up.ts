/** Invented records with the shape and size of real ones, generated from a seed for the scenes. */

import type { Arm } from '../../src/recipe/recipe';
import type { Candidate, LiveCandidates, Purpose, Rollout } from '../../src/records/candidates';
import type { CategoryDifferences, CategoryResult, Evaluation, WinRate } from '../../src/records/evaluations';
import type { IterationSummary, StepMetrics } from '../../src/records/training';

/** The mulberry32 random number generator. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const EXPECTED: Record<Arm, readonly number[]> = {
  thinking: [0.4, 0.56, 0.7, 0.81],
  direct: [0.48, 0.49, 0.48, 0.49],
};

export function rollout(purpose: Purpose, iteration: number, arm: Arm, position: number, k: number): Rollout {
  const random = seededRandom(
    position * 7919 + iteration * 104729 + (arm === 'direct' ? 31 : 0) + (purpose === 'train' ? 1 : 0),
  );
  const [a, b, c] = [11 + Math.floor(random() * 40), 2 + Math.floor(random() * 6), 1 + Math.floor(random() * 9)];
  const name = ['Sam', 'Lisa', 'Omar', 'Ines'][Math.floor(random() * 4)] ?? 'Sam';
  const answer = a + b * 5 - c;
  const share = EXPECTED[arm][purpose === 'train' ? iteration - 1 : iteration] ?? 0.5;
  const candidates = Array.from({ length: k }, (_, index): Candidate => {
    const right = random() < share;
    const isMalformed = arm === 'thinking' && random() < 0.05;
    const number = right ? answer : answer + 1 + Math.floor(random() * 9);
    const thought =
      arm === 'direct'
        ? ''
        : right
          ? `5 x ${b} = ${5 * b}. ${a} + ${5 * b} = ${a + 5 * b}. ${a + 5 * b} - ${c} = ${answer}.`
          : `My guess is ${number}.`;
    const response = isMalformed ? '' : `The answer is ${number}.`;
    return {
      index,
      tokens: Array.from({ length: 20 + Math.floor(random() * 20) }, () => 1),
      text: `Here is my thought process:\n${thought}`,
      ended: !isMalformed,
      thought,
      response,
      malformed: isMalformed ? 'truncated' : null,
      thoughtTokens: 20,
      responseTokens: 6,
      score: isMalformed ? null : right ? 1 : 0,
      correct: isMalformed ? null : right,
      s: isMalformed ? null : right ? 1 : -1,
    };
  });
  const best = candidates.findIndex((one) => one.score === 1);
  const worst = candidates.findIndex((one) => one.malformed !== null || one.score === 0);
  return {
    purpose,
    iteration,
    arm,
    position,
    prompt: {
      id: `${purpose}-${position}`,
      instruction:
        `${name} has ${a} pens. ${name} buys ${b} bags with 5 pens each and gives away ${c}. How ` +
        'many pens are left?',
      category: 'story',
      answer: String(answer),
      check: 'number',
    },
    promptTokens: [1, 2, 3],
    candidates,
    pair:
      purpose === 'evaluate'
        ? null
        : best < 0 || worst < 0
          ? { none: 'all-equal' }
          : { chosen: best, rejected: worst, rejectedMalformed: candidates[worst]?.malformed !== null },
    judgement: { judge: 'rule', promptVersion: null, detail: '', calls: [], members: [], flags: [], controls: [] },
    comparisons: [],
    seconds: { generate: 0.4, judge: 0.001 },
  };
}

/** The same prompt while it is being generated. `share` of its text exists. */
export function live(of: Rollout, share: number): LiveCandidates {
  return {
    purpose: of.purpose,
    iteration: of.iteration,
    arm: of.arm,
    position: of.position,
    promptId: of.prompt.id,
    instruction: of.prompt.instruction,
    candidates: of.candidates.map(({ index, thought, response, tokens }) => {
      const text = `${thought}\u0000${response}`;
      const [seenThought = '', seenResponse = ''] = text
        .slice(0, Math.floor(text.length * Math.min(1, share * (1 + index / 16))))
        .split('\u0000');
      return {
        index,
        thought: seenThought,
        response: seenResponse,
        tokens: Math.ceil(tokens.length * share),
        done: share >= 1,
      };
    }),
  };
}

export function steps(arm: Arm, iterations: number, each: number): readonly StepMetrics[] {
  const random = seededRandom(arm === 'thinking' ? 5 : 6);
  return Array.from({ length: iterations * each }, (_, i): StepMetrics => {
    const step = (i % each) + 1;
    const gain = (1 - Math.exp(-step / (each / 2))) * (arm === 'thinking' ? 1 : 0.4);
    return {
      iteration: Math.floor(i / each) + 1,
      arm,
      step,
      steps: each,
      loss: Math.LN2 - 0.35 * gain + 0.05 * (random() - 0.5),
      'rewards/chosen': 0.4 * gain,
      'rewards/rejected': -0.6 * gain,
      'rewards/accuracies': Math.min(1, 0.5 + 0.45 * gain + 0.15 * (random() - 0.5)),
      'rewards/margins': gain + 0.2 * (random() - 0.5),
      'logps/chosen': -14 - 2 * gain - 2 * random(),
      'logps/rejected': -16 - 8 * gain - 3 * random(),
      grad_norm: 1.5 + 2 * random(),
      learning_rate: 1e-3 * 0.5 * (1 + Math.cos((Math.PI * step) / each)),
      tokens: 900,
      seconds: 0.5,
    };
  });
}

export function evaluation(iteration: number, arm: Arm): Evaluation {
  const accuracy = EXPECTED[arm][iteration] ?? 0.5;
  return {
    iteration,
    arm,
    prompts: 300,
    checkable: 300,
    samples: 2,
    accuracy,
    accuracyInterval: [accuracy - 0.045, accuracy + 0.043],
    meanScore: accuracy,
    meanScoreInterval: [accuracy - 0.045, accuracy + 0.043],
    malformed: arm === 'thinking' ? 0.057 / (iteration + 1) : 0.003,
    thoughtTokens: arm === 'thinking' ? 18.8 + iteration : 0,
    responseTokens: 5.5,
    unparsed: { count: 0, of: 580 },
    categories: categories(accuracy),
    judge: 'rule',
    winRates: winRates(iteration, arm),
    ...(arm === 'thinking' && { differences: differences(iteration) }),
    seconds: 9,
  };
}

const CATEGORIES = ['add', 'change', 'count letters in a long word', 'story', 'weekday', 'sort'] as const;

function categories(expected: number): CategoryResult[] {
  return CATEGORIES.map((category, i) => {
    const accuracy = Math.min(0.98, Math.max(0.02, expected + 0.2 - 0.08 * i));
    const accuracyInterval = [Math.max(0, accuracy - 0.12), Math.min(1, accuracy + 0.11)] as const;
    return {
      category,
      prompts: 30,
      checkable: 30,
      accuracy,
      accuracyInterval,
      meanScore: accuracy,
      meanScoreInterval: accuracyInterval,
    };
  });
}

function winRates(iteration: number, arm: Arm): WinRate[] {
  const against = (name: WinRate['against'], expected: number): WinRate => {
    const rate = 0.5 + ((EXPECTED[arm][iteration] ?? 0.5) - expected) / 2;
    return {
      against: name,
      rate,
      interval: [rate - 0.034, rate + 0.032],
      lengthControlled: rate - 0.011,
      lengthControlledInterval: [rate - 0.049, rate + 0.027],
      prompts: 300,
      unparsed: 0,
      byCategory: Object.fromEntries(CATEGORIES.map((category, i) => [category, rate + 0.04 - 0.02 * i])),
      byCategoryInterval: Object.fromEntries(
        CATEGORIES.map((category, i) => [category, [rate - 0.08 - 0.02 * i, rate + 0.15 - 0.02 * i] as const]),
      ),
    };
  };
  return [
    ...(iteration > 0 ? [against('seed', EXPECTED[arm][0] ?? 0.5)] : []),
    ...(arm === 'thinking' ? [against('direct', EXPECTED.direct[iteration] ?? 0.5)] : []),
  ];
}

function differences(iteration: number): CategoryDifferences {
  const categories = CATEGORIES.map((category, i) => {
    const difference = (EXPECTED.thinking[iteration] ?? 0.5) - (EXPECTED.direct[iteration] ?? 0.5) + 0.3 - i * 0.14;
    return { category, prompts: 30, difference, interval: [difference - 0.11, difference + 0.12] as const };
  });
  return { measure: 'accuracy', categories };
}

export function iteration(number: number, arm: Arm): IterationSummary {
  return {
    iteration: number,
    arm,
    prompts: 64,
    candidates: 512,
    malformed: 21,
    pairs: 58,
    noPair: { 'all-equal': 6 },
    tokens: { prefill: 4000, decoded: 21_000, trained: 15_000 },
    seconds: { generate: 12, judge: 0.1, reference: 1, train: 14, evaluate: 9 },
  };
}
