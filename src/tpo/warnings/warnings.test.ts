import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../records/evaluations';
import type { NoPair } from '../../records/pairs';
import type { StepMetrics } from '../../records/training';
import { candidate, evaluation, rollout, step } from '../testing/records';
import { evaluationWarnings, rolloutWarnings, stepWarnings, withPlace } from './warnings';

const recipe = { beta: 0.1, pairsPerStep: 8 };
const train = (steps: number, of: (i: number) => Partial<StepMetrics>) =>
  Array.from({ length: steps }, (_, i) => step({ step: i + 1, steps, loss: 0.69 - 0.01 * i, ...of(i) }));
/** The warnings after each step. */
const warned = (steps: readonly StepMetrics[]) =>
  steps.flatMap((_, i) => stepWarnings(steps.slice(0, i + 1), recipe).map((w) => `${i + 1} ${w.code}: ${w.message}`));

describe('warnings about training steps', () => {
  it('are not given for a run that goes well', () => {
    expect(warned(train(16, (i) => ({ 'rewards/chosen': 0.02 * i })))).toEqual([]);
    expect(stepWarnings([], recipe)).toEqual([]);
  });

  it('are given once when the chosen completions lose probability', () => {
    const falling = train(12, (i) => ({ 'rewards/chosen': -0.5 * i, 'logps/chosen': -20 - 5 * i }));
    expect(warned(falling)).toEqual([
      '5 logps-fall: logps/chosen fell by 15 since the iteration began ' +
        '(step 5 of 12, iteration 1, thinking arm): the learning rate is probably too high.',
    ]);
  });

  it('are not given for the same fall of a long completion, where it is small', () => {
    expect(warned(train(12, (i) => ({ 'rewards/chosen': -0.2 * i, 'logps/chosen': -400 - 2 * i })))).toEqual([]);
  });

  it('are given at the end if the loss did not fall, or rose', () => {
    expect(warned(train(8, () => ({ loss: 0.7 })))).toEqual([
      '8 loss-not-falling: The loss did not fall: 0.700 in the first 2 steps, ' +
        '0.700 in the last 2 (iteration 1, thinking arm).',
    ]);
    expect(warned(train(8, (i) => ({ loss: 0.7 + 0.1 * i })))[0]).toContain(
      'The loss rose: 0.750 in the first 2 steps, 1.350 in the last 2',
    );
    expect(warned(train(7, () => ({ loss: 0.7 })))).toEqual([]);
  });
});

describe('warnings about candidates', () => {
  const good = () =>
    rollout([candidate(), candidate({ index: 1, score: 0 })], { chosen: 0, rejected: 1, rejectedMalformed: false });
  const none = (reason: NoPair, change = {}) => rollout([candidate(change), candidate(change)], { none: reason });
  const times = <T>(n: number, make: () => T) => Array.from({ length: n }, make);

  it('are not given for an iteration that goes well', () => {
    expect(rolloutWarnings(times(16, good), recipe)).toEqual([]);
    expect(rolloutWarnings([], recipe)).toEqual([]);
  });

  it('name the reason for few pairs', () => {
    const [warning, ...more] = rolloutWarnings(
      [...times(3, good), ...times(28, () => none('all-equal')), none('same-text')],
      recipe,
    );
    expect(more).toEqual([]);
    expect(warning).toMatchObject({
      code: 'few-pairs',
      message: 'Only 3 of 32 prompts gave a pair; for 28, all candidates scored the same (iteration 1, thinking arm).',
      field: 'k',
    });
  });

  it('do not expect more pairs than there are prompts', () => {
    expect(rolloutWarnings(times(4, good), recipe)).toEqual([]);
  });

  it('distinguish completions that do not end from those without a marker', () => {
    const truncated = times(10, () => none('all-malformed', { malformed: 'truncated', score: null }));
    expect(rolloutWarnings([...times(8, good), ...truncated], recipe)[0]).toMatchObject({
      code: 'most-truncated',
      field: 'maxNewTokens',
    });
    const direct = truncated.map((r) => ({ ...r, arm: 'direct' as const }));
    expect(rolloutWarnings(direct, recipe)[0]).toMatchObject({ field: 'maxNewTokensDirect' });
    const unmarked = times(10, () => none('all-malformed', { malformed: 'no-marker', score: null }));
    expect(rolloutWarnings([...times(8, good), ...unmarked], recipe)[0]).toMatchObject({
      code: 'most-malformed',
      message: '56% of the candidates are malformed, 0 of 20 because they did not end (iteration 1, thinking arm).',
      field: 'format',
    });
  });

  it('are given for a judge without verdicts', () => {
    const silent = times(4, () => none('judge-failed', { score: null, s: null }));
    expect(rolloutWarnings([...times(16, good), ...silent], recipe)).toMatchObject([
      { code: 'judge-silent', field: 'judge' },
    ]);
  });
});

describe('warnings about evaluations', () => {
  it('are given if a model is worse than its seed model and the intervals do not overlap', () => {
    const seed = evaluation();
    const worse = evaluation({ iteration: 2, accuracy: 0.3, accuracyInterval: [0.26, 0.34] });
    const about = evaluation({ iteration: 1, accuracy: 0.37, accuracyInterval: [0.33, 0.41] });
    expect(evaluationWarnings([seed])).toEqual([]);
    expect(evaluationWarnings([seed, about])).toEqual([]);
    expect(evaluationWarnings([seed, about, worse])).toMatchObject([
      {
        code: 'worse-than-seed',
        message: 'On held-out prompts, accuracy fell from 40% to 30% (iteration 2, thinking arm).',
      },
    ]);
    const byScore = { accuracy: null, accuracyInterval: null };
    expect(
      evaluationWarnings([
        { ...seed, ...byScore },
        { ...worse, ...byScore, meanScore: 0.1, meanScoreInterval: [0, 0.2] },
      ])[0]?.message,
    ).toContain('the mean score fell from 0.40 to 0.10');
  });

  it('are given if the interval of the win rate is below one half, even if well-formed samples score higher', () => {
    const won = (rate: number, interval: readonly [number, number]): Partial<Evaluation> => ({
      winRates: [
        {
          against: 'seed',
          rate,
          interval,
          lengthControlled: null,
          lengthControlledInterval: null,
          prompts: 9,
          byCategory: {},
        },
      ],
    });
    const seed = evaluation({ checkable: 1 });
    const newest = { iteration: 1, checkable: 1, meanScore: 0.9, meanScoreInterval: [0.85, 0.95] } as const;
    expect(evaluationWarnings([seed, evaluation({ ...newest, ...won(0.4, [0.31, 0.49]) })])).toMatchObject([
      {
        code: 'worse-than-seed',
        message:
          'On held-out prompts, the win rate against the seed model is 40%, at most 49% (iteration 1, thinking arm).',
      },
    ]);
    expect(evaluationWarnings([seed, evaluation({ ...newest, ...won(0.45, [0.4, 0.5]) })])).toEqual([]);
  });

  it('are given for samples without a verdict, with the iteration and the arm', () => {
    const silent = evaluation({ judge: 'a judge', unparsed: { count: 61, of: 600 } });
    expect(evaluationWarnings([silent])).toMatchObject([
      {
        code: 'evaluation-silent',
        message:
          'The judge of the evaluation (a judge) came to no verdict ' +
          'on 61 of 600 held-out samples (iteration 0, thinking arm).',
        field: 'evaluationJudge',
      },
    ]);
    expect(evaluationWarnings([evaluation({ unparsed: { count: 60, of: 600 } })])).toEqual([]);
    expect(evaluationWarnings([evaluation({ unparsed: { count: 0, of: 0 } })])).toEqual([]);
  });
});

it('withPlace adds the iteration and the arm to a warning', () => {
  const warning = { code: 'x', message: 'It failed 3 of 4.', advice: '', field: null };
  expect(withPlace(warning, { iteration: 2, arm: 'direct' }).message).toBe(
    'It failed 3 of 4 (iteration 2, direct arm).',
  );
});
