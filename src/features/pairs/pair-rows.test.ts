import { describe, expect, it } from 'vitest';
import type { PairEdit } from '../../records/pairs';
import type { SecondOpinion } from '../../state/pairs';
import { candidate, rollout } from '../../tpo/testing/records';
import { disagreement, fitting, keep, NO_FILTERS, offerOf, pairLines } from './pair-rows';

const candidates = [
  candidate({ index: 0, s: 1, score: 3, responseTokens: 10 }),
  candidate({ index: 1, s: -1, score: 1, responseTokens: 30 }),
  candidate({ index: 2, malformed: 'truncated', s: null, score: null }),
];
const made = rollout(
  candidates,
  { chosen: 0, rejected: 1, rejectedMalformed: false },
  { instruction: 'How much is 4 + 5?' },
  { position: 4 },
);
const edit: PairEdit = {
  iteration: made.iteration,
  arm: made.arm,
  position: 4,
  pair: { chosen: 1, rejected: 2 },
  late: false,
};

describe('pairLines', () => {
  it('measures the judge’s pair', () => {
    const [line] = pairLines([made], [], null);
    expect(line).toMatchObject({ margin: 2, length: 20, malformed: 1, disagreement: null, change: null, edit: null });
    expect([line?.chosen?.index, line?.rejected?.index]).toEqual([0, 1]);
  });

  it('shows the reader’s pair, or none, in its place', () => {
    const [line] = pairLines([made], [edit], null);
    expect([line?.chosen?.index, line?.rejected?.index, line?.margin]).toEqual([1, 2, null]);
    expect(pairLines([made], [{ ...edit, pair: 'excluded' }], null)[0]?.chosen).toBeNull();
    expect(pairLines([made], [{ ...edit, position: 5 }], null)[0]?.chosen?.index).toBe(0);
  });

  it('says what another judge would have made of it, and how far the two are apart', () => {
    const compared: SecondOpinion = {
      id: 'r',
      runId: 'run',
      iteration: made.iteration,
      arm: made.arm,
      created: 0,
      judge: 'rule',
      promptVersion: null,
      facts: null,
      done: 1,
      total: 1,
      entries: [
        {
          position: 4,
          scores: [0, 1, null],
          pair: { chosen: 1, rejected: 0, rejectedMalformed: false },
        },
      ],
    };
    expect(pairLines([made], [], compared)[0]).toMatchObject({ change: 'swapped', disagreement: 1 });
  });
});

describe('disagreement', () => {
  it('is the share of candidates that two judges order differently, a tie of one of them a half', () => {
    const by = (...scores: (number | null)[]) => ({ scores });
    expect(disagreement([by(1, 2, 3), by(10, 20, 30)])).toBe(0);
    expect(disagreement([by(1, 2, 3), by(3, 2, 1)])).toBe(1);
    expect(disagreement([by(1, 2), by(5, 5)])).toBe(0.5);
    expect(disagreement([by(1, 2, 3), by(1, 3, 2)])).toBeCloseTo(1 / 3);
    expect(disagreement([by(1, null), by(2, 1)])).toBeNull();
    expect(disagreement([by(1, 2)])).toBeNull();
  });
});

describe('keep', () => {
  const [line] = pairLines([made], [], null);
  const kept = (change: Partial<typeof NO_FILTERS>) => line !== undefined && keep(line, { ...NO_FILTERS, ...change });

  it('asks all filters at once', () => {
    expect(kept({})).toBe(true);
    expect(kept({ kind: 'malformed' })).toBe(true);
    expect(kept({ kind: 'none' })).toBe(false);
    expect(kept({ kind: 'edited' })).toBe(false);
    expect(kept({ words: made.prompt.instruction.slice(2, 8).toUpperCase() })).toBe(true);
    expect(kept({ words: 'no such words' })).toBe(false);
    expect(kept({ shortest: 20, longest: 20 })).toBe(true);
    expect(kept({ shortest: 21 })).toBe(false);
    expect(kept({ longest: 19 })).toBe(false);
    expect(kept({ disagreement: 0.1 })).toBe(false);
    expect(kept({ category: 'no such' })).toBe(false);
  });
});

describe('a prompt without a pair', () => {
  const none = rollout(candidates, { none: 'all-equal' }, {}, { position: 1 });
  const kinds = ['pair', 'none', 'all-equal', 'excluded', 'undecided', 'edited'] as const;
  const are = (one: typeof none, edits: readonly PairEdit[]) => {
    const [line] = pairLines([one], edits, null);
    return line === undefined ? [] : kinds.filter((kind) => keep(line, { ...NO_FILTERS, kind }));
  };

  it('is so by the judge’s word, until the reader makes one', () => {
    expect(are(none, [])).toEqual(['none', 'all-equal']);
    expect(are(none, [{ ...edit, position: 1 }])).toEqual(['pair', 'edited']);
  });

  it('or by the reader’s own', () => {
    expect(are(none, [{ ...edit, position: 1, pair: 'excluded' }])).toEqual(['none', 'excluded', 'edited']);
    expect(are(made, [{ ...edit, pair: 'excluded' }])).toEqual(['none', 'excluded', 'edited']);
  });

  it('is another thing than one whose pair is not decided yet', () => {
    expect(are({ ...none, pair: null, judgement: null }, [])).toEqual(['undecided']);
  });
});

describe('fitting', () => {
  const wished = { ...NO_FILTERS, kind: 'changed', category: 'sums', disagreement: 0.5, words: 'x' } as const;

  it('lets no filter work whose control is gone', () => {
    expect(fitting(wished, offerOf(pairLines([made], [], null), 'train'))).toEqual({ ...NO_FILTERS, words: 'x' });
    expect(fitting({ ...NO_FILTERS, kind: 'pair' }, offerOf(pairLines([made], [], null), 'evaluate')).kind).toBe(
      'all',
    );
  });

  it('keeps those that can be seen', () => {
    const offer = { kinds: ['all', 'changed'], categories: ['sums'], disagreement: true } as const;
    expect(fitting(wished, offer)).toEqual(wished);
  });
});
