import { describe, expect, it } from 'vitest';
import type { Candidate, Rollout } from '../../records/candidates';
import type { ControlOutcome, JudgeCall, StoredJudgement } from '../../records/judgements';
import { candidate, rollout } from '../testing/records';
import { judgeFacts } from './judge-facts';

const judgement = (change: Partial<StoredJudgement> = {}): StoredJudgement => ({
  judge: 'remote m',
  promptVersion: '0123abcd',
  detail: '',
  calls: [],
  members: [],
  flags: [],
  controls: [],
  ...change,
});
const judged = (candidates: readonly Partial<Candidate>[], change: Partial<StoredJudgement> = {}): Rollout =>
  rollout(
    candidates.map((each, index) => candidate({ index, correct: null, ...each })),
    { none: 'all-equal' },
    {},
    { judgement: judgement(change) },
  );
const game = (m: number, n: number, verdict: number | null, judge?: string): JudgeCall => ({
  shown: [m, n],
  verdict,
  reply: '',
  ...(judge !== undefined && { judge }),
});
const facts = (...rollouts: Rollout[]) => judgeFacts(rollouts);

it('are null before the first judgement', () => {
  expect(facts()).toBeNull();
  const waiting = rollout([], null, {}, { judgement: null });
  expect(facts(waiting)).toBeNull();
  expect(facts(waiting, judged([]))).toEqual({
    judge: 'remote m',
    controls: {},
    silentControls: 0,
    positionBias: null,
    lengthBias: null,
    agreement: null,
    unparsed: { count: 0, of: 0 },
  });
});

it('controls: count failures among the conclusive ones', () => {
  const controls = (...passed: (boolean | null)[]): ControlOutcome[] =>
    passed.map((p) => ({ control: 'empty', passed: p }));
  const both = facts(
    judged([], { controls: controls(true, false, null) }),
    judged([], { controls: [...controls(false), { control: 'colon', passed: true }] }),
  );
  expect(both?.controls).toEqual({ empty: { failed: 2, of: 3 }, colon: { failed: 0, of: 1 } });
  const mute: ControlOutcome = { control: 'empty', passed: null, none: 'no-verdict' };
  const inconclusive: ControlOutcome = { control: 'empty', passed: null, none: 'nothing-to-tell' };
  expect(facts(judged([], { controls: [mute, mute, inconclusive] }))).toMatchObject({
    controls: {},
    silentControls: 2,
  });
});

describe('position bias', () => {
  const share = (...calls: JudgeCall[]) => facts(judged([], { calls }))?.positionBias;
  it('counts pairs that were compared in both orders', () => {
    expect(share(game(0, 1, 1), game(1, 0, 1), game(2, 0, -1), game(0, 2, 1))).toEqual({ share: 0.5, of: 2 });
    expect(share(game(0, 1, 0), game(1, 0, 0))).toEqual({ share: 0, of: 1 });
    expect(share(game(0, 1, 1), game(1, 0, 0))).toEqual({ share: 1, of: 1 });
  });

  it('ignores pairs with one verdict only, ratings, and verdicts of other members', () => {
    expect(share(game(0, 1, 1), game(1, 0, null), game(0, 2, 1), { shown: [0], verdict: 7, reply: '' })).toBeNull();
    expect(share(game(0, 1, 1, 'a'), game(1, 0, 1, 'b'))).toBeNull();
    expect(share(game(0, 1, 1, 'a'), game(1, 0, 1, 'a'), game(0, 1, 1, 'b'), game(1, 0, -1, 'b'))).toEqual({
      share: 0.5,
      of: 2,
    });
  });
});

describe('length bias', () => {
  const prompt = (base: number, lengths: readonly number[], score: (length: number) => number | null) =>
    judged(lengths.map((length) => ({ responseTokens: base + length, score: score(length) })));
  it('is the correlation within prompts', () => {
    const lengths = [1, 2, 3, 4, 5];
    // Across prompts, longer responses have lower scores, but that is not a bias of the judge.
    const up = facts(
      prompt(0, lengths, (x) => 100 + x),
      prompt(50, lengths, (x) => x),
    );
    expect(up?.lengthBias).toBeCloseTo(1, 12);
    expect(
      facts(
        prompt(0, lengths, (x) => -x),
        prompt(0, lengths, (x) => -2 * x),
      )?.lengthBias,
    ).toBeLessThan(-0.9);
    expect(
      facts(
        prompt(0, lengths, (x) => (x - 3) ** 2),
        prompt(0, lengths, (x) => (x - 3) ** 2),
      )?.lengthBias,
    ).toBeCloseTo(0, 12);
  });

  it('is null for few responses, equal scores or equal lengths', () => {
    expect(facts(prompt(0, [1, 2, 3, 4], (x) => x))?.lengthBias).toBeNull();
    expect(
      facts(
        prompt(
          0,
          Array.from({ length: 12 }, (_, i) => i),
          () => 1,
        ),
      )?.lengthBias,
    ).toBeNull();
    expect(facts(prompt(0, new Array<number>(12).fill(3), () => 1))?.lengthBias).toBeNull();
    expect(
      facts(
        prompt(
          0,
          Array.from({ length: 12 }, (_, i) => i),
          (x) => (x < 9 ? x : null),
        ),
      )?.lengthBias,
    ).toBeNull();
  });
});

it('agreement with the rule, and replies without a verdict', () => {
  const some = facts(
    judged(
      [
        { score: 1, correct: true },
        { score: 0, correct: false },
        { score: 1, correct: false },
      ],
      {
        calls: [game(0, 1, null), game(1, 0, 1)],
      },
    ),
  );
  expect(some?.agreement).toEqual({ share: 0.75, of: 2 });
  expect(some?.unparsed).toEqual({ count: 1, of: 2 });
  const silent = facts(judged([{ score: null }, { score: 2 }, { score: null, malformed: 'truncated' }]));
  expect(silent?.unparsed).toEqual({ count: 1, of: 2 });
});

it('for a panel: facts of each member, from its scores, replies and control rows', () => {
  const panel = judged(
    [
      { score: 1, correct: true },
      { score: 0, correct: false },
    ],
    {
      members: [
        { judge: 'one', weight: 1, scores: [2, 1] },
        { judge: 'two', weight: 1, scores: [1, null] },
      ],
      calls: [game(0, 1, 1, 'one'), game(1, 0, -1, 'one'), game(0, 1, null, 'two')],
      controls: [
        {
          ...{ control: 'empty', passed: true },
          members: [
            { judge: 'one', passed: true },
            { judge: 'two', passed: null, none: 'no-verdict' },
          ],
        },
      ],
    },
  );
  expect(facts(panel)).toMatchObject({
    controls: { empty: { failed: 0, of: 1 } },
    members: [
      {
        ...{
          judge: 'one',
          controls: { empty: { failed: 0, of: 1 } },
          silentControls: 0,
          positionBias: { share: 0, of: 1 },
        },
        ...{ agreement: { share: 1, of: 1 }, unparsed: { count: 0, of: 2 } },
      },
      {
        judge: 'two',
        controls: {},
        silentControls: 1,
        positionBias: null,
        agreement: null,
        unparsed: { count: 1, of: 1 },
      },
    ],
  });
});
