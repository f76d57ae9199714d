import { expect, it } from 'vitest';
import type { Rollout } from '../../records/candidates';
import type { ControlOutcome, JudgeFacts } from '../../records/judgements';
import { candidate, judgement, rollout } from '../testing/records';
import { evaluationFacts } from './evaluation-facts';

const place = { iteration: 0, arm: 'thinking' } as const;
const control: ControlOutcome = { control: 'empty', passed: false };

it('of scores are as of any judge', () => {
  const own = rollout(
    [candidate({ score: 2 }), candidate({ index: 1, score: null })],
    null,
    {},
    {
      judgement: judgement({ controls: [control] }),
    },
  );
  expect(evaluationFacts([own], null)).toMatchObject({
    controls: { empty: { failed: 1, of: 1 } },
    unparsed: { count: 1, of: 2 },
  });
});

it('of comparisons are of every two samples that it was shown', () => {
  const sample = (response: string, correct: boolean, responseTokens: number) =>
    candidate({ response, correct, responseTokens, score: null });
  const asked = (first: number | null, second: number | null) => [
    { shown: [0, 1] as const, verdict: first, reply: '' },
    { shown: [1, 0] as const, verdict: second, reply: '' },
  ];
  const own: Rollout = rollout(
    [
      sample('right', true, 9),
      { ...sample('wrong', false, 3), index: 1 },
      { ...sample('', false, 0), index: 2, malformed: 'no-marker' },
    ],
    null,
    {},
    {
      comparisons: [{ against: place, outcomes: [1, 1, 0], calls: [asked(1, -1), asked(1, null), []] }],
      judgement: judgement({ judge: 'self', controls: [control] }),
    },
  );
  const other = rollout(
    [sample('wrong', false, 4), { ...sample('right', true, 8), index: 1 }, { ...sample('x', true, 1), index: 2 }],
    null,
  );
  expect(evaluationFacts([own], [{ place, rollouts: [other] }])).toEqual({
    judge: 'self',
    controls: { empty: { failed: 1, of: 1 } },
    silentControls: 0,
    positionBias: { share: 0, of: 1 },
    lengthBias: null,
    // The right one won, and lost.
    agreement: { share: 0.5, of: 2 },
    unparsed: { count: 1, of: 4 },
  } satisfies JudgeFacts);
});
