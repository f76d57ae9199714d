import { mean } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { MemberScores } from '../../records/judgements';
import type { PairEdit } from '../../records/pairs';
import { editOf, pairOf, type RejudgedIteration, withEdit } from '../../state/judging/pairs';
import { type PairChange, pairChange } from './pair-change';

/** A row of the table: one prompt. Scores are the judge's; lengths are those of the responses, in tokens. */
export interface PairRow {
  /** With the pair that the run's judge made. */
  readonly rollout: Rollout;
  readonly edit: PairEdit | null;
  readonly position: number;
  readonly category: string;
  readonly chosen: Candidate | null;
  readonly rejected: Candidate | null;
  /** Mean score of the candidates. Null if none was scored. */
  readonly score: number | null;
  /** s of the chosen minus s of the rejected. Null without a pair of well-formed candidates. */
  readonly margin: number | null;
  /** Mean length of the well-formed responses. */
  readonly length: number | null;
  readonly malformed: number;
  /** 0: the judges order the candidates the same way, 1: in reverse. Null with only one judge. */
  readonly disagreement: number | null;
  readonly flagged: boolean;
  /** How the pair of the compared judge differs. */
  readonly change: PairChange | null;
}

export function pairRowsOf(
  rollouts: readonly Rollout[],
  edits: readonly PairEdit[],
  compared: RejudgedIteration | null,
): readonly PairRow[] {
  const other = new Map(compared?.entries.map((entry) => [entry.position, entry]));
  return rollouts.map((rollout): PairRow => {
    const edit = editOf(edits, rollout);
    const pair = pairOf(withEdit(rollout, edit));
    const chosen = (pair && rollout.candidates[pair.chosen]) ?? null;
    const rejected = (pair && rollout.candidates[pair.rejected]) ?? null;
    const entry = other.get(rollout.position);
    const judges = [
      ...(rollout.judgement?.members ?? []),
      // Compare the run's judge with the other judge.
      ...(entry === undefined ? [] : [{ judge: '', weight: 1, scores: rollout.candidates.map(({ score }) => score) }]),
      ...(entry === undefined ? [] : [{ judge: '', weight: 1, scores: entry.scores }]),
    ];
    return {
      rollout,
      edit,
      position: rollout.position,
      category: rollout.prompt.category ?? '',
      chosen,
      rejected,
      score: mean(rollout.candidates.flatMap(({ score }) => score ?? [])),
      margin:
        chosen === null || rejected === null || chosen.s === null || rejected.s === null
          ? null
          : chosen.s - rejected.s,
      length: mean(
        rollout.candidates.filter(({ malformed }) => malformed === null).map(({ responseTokens }) => responseTokens),
      ),
      malformed: rollout.candidates.filter(({ malformed }) => malformed !== null).length,
      disagreement: disagreement(judges),
      flagged: (rollout.judgement?.flags.length ?? 0) > 0,
      change: entry === undefined ? null : pairChange(rollout.pair, entry.pair),
    };
  });
}

/**
 * Share of candidate pairs that two judges order differently, over all pairs of judges. A tie of one judge counts as
 * half.
 */
export function disagreement(judges: readonly Pick<MemberScores, 'scores'>[]): number | null {
  let apart = 0;
  let of = 0;
  judges.forEach(({ scores: first }, i) => {
    for (const { scores: second } of judges.slice(i + 1)) {
      for (let m = 0; m < first.length; m++) {
        for (let n = m + 1; n < first.length; n++) {
          const [a, b, c, d] = [first[m], first[n], second[m], second[n]];
          if (a == null || b == null || c == null || d == null) continue;
          apart += Math.abs(Math.sign(a - b) - Math.sign(c - d)) / 2;
          of++;
        }
      }
    }
  });
  return of === 0 ? null : apart / of;
}

export interface Filters {
  readonly kind: Kind;
  /** '' shows all categories. */
  readonly category: string;
  readonly words: string;
  /** Lower limit of the mean response length in tokens. */
  readonly shortest: number;
  /** Upper limit; 0 is no limit. */
  readonly longest: number;
  /** Lower limit of the disagreement. */
  readonly disagreement: number;
}

export const NO_FILTERS: Filters = { kind: 'all', category: '', words: '', shortest: 0, longest: 0, disagreement: 0 };

export const KINDS = {
  all: 'all prompts',
  pair: 'with a pair',
  none: 'without a pair',
  'all-malformed': 'no pair: all malformed',
  'all-equal': 'no pair: all scored the same',
  'same-text': 'no pair: the same text',
  'judge-failed': 'no pair: no verdict',
  excluded: 'no pair: left out by you',
  undecided: 'not decided yet',
  malformed: 'with a malformed candidate',
  'rejected-malformed': 'rejected is malformed',
  flagged: 'a response addresses the judge',
  edited: 'changed by hand',
  changed: 'another judge decides differently',
} as const;
export type Kind = keyof typeof KINDS;

export const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

/** Held-out prompts have no pairs. */
const HELD_OUT_KINDS: readonly Kind[] = ['all', 'malformed', 'flagged'];

/** The filters that make sense for the rows shown. */
export interface FilterOptions {
  readonly kinds: readonly Kind[];
  /** In alphabetical order. */
  readonly categories: readonly string[];
  /** More than one judge has scored. */
  readonly disagreement: boolean;
}

export function filterOptionsOf(rows: readonly PairRow[], purpose: 'train' | 'evaluate'): FilterOptions {
  const compared = rows.some(({ change }) => change !== null);
  const ofPairs = Object.keys(KINDS)
    .filter(isKind)
    .filter((kind) => kind !== 'changed' || compared);
  return {
    kinds: purpose === 'evaluate' ? HELD_OUT_KINDS : ofPairs,
    categories: [...new Set(rows.map(({ category }) => category))].filter(Boolean).toSorted(),
    disagreement: rows.some(({ disagreement }) => disagreement !== null),
  };
}

/** Removes filters that are not offered: the user could neither see them nor turn them off. */
export function availableFilters(filters: Filters, { kinds, categories, disagreement }: FilterOptions): Filters {
  return {
    ...filters,
    kind: kinds.includes(filters.kind) ? filters.kind : 'all',
    category: categories.includes(filters.category) ? filters.category : '',
    disagreement: disagreement ? filters.disagreement : 0,
  };
}

function isOf(row: PairRow, kind: Kind): boolean {
  const { pair } = withEdit(row.rollout, row.edit);
  const none = pair !== null && 'none' in pair ? pair.none : null;
  switch (kind) {
    case 'all':
      return true;
    case 'pair':
      return row.chosen !== null;
    case 'none':
      return none !== null;
    case 'all-malformed':
    case 'all-equal':
    case 'same-text':
    case 'judge-failed':
    case 'excluded':
      return none === kind;
    case 'undecided':
      return pair === null;
    case 'malformed':
      return row.malformed > 0;
    case 'rejected-malformed':
      return row.rejected !== null && row.rejected.malformed !== null;
    case 'flagged':
      return row.flagged;
    case 'edited':
      return row.edit !== null;
    case 'changed':
      return row.change !== null && row.change !== 'same';
    default:
      return kind satisfies never;
  }
}

export function matches(row: PairRow, filters: Filters): boolean {
  const words = filters.words.trim().toLowerCase();
  return (
    isOf(row, filters.kind) &&
    (filters.category === '' || row.category === filters.category) &&
    (words === '' || textOf(row.rollout).includes(words)) &&
    (filters.shortest === 0 || (row.length ?? 0) >= filters.shortest) &&
    (filters.longest === 0 || (row.length ?? 0) <= filters.longest) &&
    (filters.disagreement === 0 || (row.disagreement ?? 0) >= filters.disagreement)
  );
}

const textOf = ({ prompt, candidates }: Rollout): string =>
  [prompt.instruction, ...candidates.map(({ text }) => text)].join('\n').toLowerCase();
