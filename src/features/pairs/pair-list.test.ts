import { describe, expect, it } from 'vitest';
import type { PairEdit } from '../../records/pairs';
import type { RejudgedIteration } from '../../state/judging/pairs';
import { candidate, rollout } from '../../tpo/testing/records';
import { availableFilters, disagreement, filterOptionsOf, matches, NO_FILTERS, pairRowsOf } from './pair-list';

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

describe('pairRowsOf', () => {
  it('measures the judge’s pair', () => {
    const [row] = pairRowsOf([made], [], null);
    expect(row).toMatchObject({ margin: 2, length: 20, malformed: 1, disagreement: null, change: null, edit: null });
    expect([row?.chosen?.index, row?.rejected?.index]).toEqual([0, 1]);
  });

  it('shows the user’s pair, or none, instead', () => {
    const [row] = pairRowsOf([made], [edit], null);
    expect([row?.chosen?.index, row?.rejected?.index, row?.margin]).toEqual([1, 2, null]);
    expect(pairRowsOf([made], [{ ...edit, pair: 'excluded' }], null)[0]?.chosen).toBeNull();
    expect(pairRowsOf([made], [{ ...edit, position: 5 }], null)[0]?.chosen?.index).toBe(0);
  });

  it('shows the change by another judge, and how far the two disagree', () => {
    const compared: RejudgedIteration = {
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
    expect(pairRowsOf([made], [], compared)[0]).toMatchObject({ change: 'swapped', disagreement: 1 });
  });
});

describe('disagreement', () => {
  it('is the share of candidate pairs that two judges order differently; a tie of one judge counts as half', () => {
    const by = (...scores: (number | null)[]) => ({ scores });
    expect(disagreement([by(1, 2, 3), by(10, 20, 30)])).toBe(0);
    expect(disagreement([by(1, 2, 3), by(3, 2, 1)])).toBe(1);
    expect(disagreement([by(1, 2), by(5, 5)])).toBe(0.5);
    expect(disagreement([by(1, 2, 3), by(1, 3, 2)])).toBeCloseTo(1 / 3);
    expect(disagreement([by(1, null), by(2, 1)])).toBeNull();
    expect(disagreement([by(1, 2)])).toBeNull();
  });
});

describe('matches', () => {
  const [row] = pairRowsOf([made], [], null);
  const kept = (change: Partial<typeof NO_FILTERS>) => row !== undefined && matches(row, { ...NO_FILTERS, ...change });

  it('requires all filters to match', () => {
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
    const [row] = pairRowsOf([one], edits, null);
    return row === undefined ? [] : kinds.filter((kind) => matches(row, { ...NO_FILTERS, kind }));
  };

  it('has none by the judge’s decision, until the user makes one', () => {
    expect(are(none, [])).toEqual(['none', 'all-equal']);
    expect(are(none, [{ ...edit, position: 1 }])).toEqual(['pair', 'edited']);
  });

  it('has none because the user left it out', () => {
    expect(are(none, [{ ...edit, position: 1, pair: 'excluded' }])).toEqual(['none', 'excluded', 'edited']);
    expect(are(made, [{ ...edit, pair: 'excluded' }])).toEqual(['none', 'excluded', 'edited']);
  });

  it('differs from a prompt whose pair is not decided yet', () => {
    expect(are({ ...none, pair: null, judgement: null }, [])).toEqual(['undecided']);
  });
});

describe('availableFilters', () => {
  const requested = { ...NO_FILTERS, kind: 'changed', category: 'sums', disagreement: 0.5, words: 'x' } as const;

  it('removes filters whose control is not shown', () => {
    expect(availableFilters(requested, filterOptionsOf(pairRowsOf([made], [], null), 'train'))).toEqual({
      ...NO_FILTERS,
      words: 'x',
    });
    expect(
      availableFilters({ ...NO_FILTERS, kind: 'pair' }, filterOptionsOf(pairRowsOf([made], [], null), 'evaluate'))
        .kind,
    ).toBe('all');
  });

  it('keeps filters whose control is shown', () => {
    const offer = { kinds: ['all', 'changed'], categories: ['sums'], disagreement: true } as const;
    expect(availableFilters(requested, offer)).toEqual(requested);
  });
});
