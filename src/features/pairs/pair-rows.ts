import { mean } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { MemberScores } from '../../records/judgements';
import type { PairEdit } from '../../records/pairs';
import { editOf, pairOf, type SecondOpinion, withEdit } from '../../state/pairs';
import { type PairChange, pairChange } from './pair-change';

/** A prompt of the table. Scores are the judge's, lengths the responses', in tokens. */
export interface PairLine {
  /** As the run's judge left it. */
  readonly rollout: Rollout;
  readonly edit: PairEdit | null;
  readonly position: number;
  readonly category: string;
  readonly chosen: Candidate | null;
  readonly rejected: Candidate | null;
  /** Of the judge's samples; null where none was scored. */
  readonly score: number | null;
  /** s of the chosen less s of the rejected; null without a pair of well-formed ones. */
  readonly margin: number | null;
  /** Mean over the well-formed. */
  readonly length: number | null;
  readonly malformed: number;
  /** 0: the judges order the candidates alike, 1: the other way round; null where only one judged. */
  readonly disagreement: number | null;
  readonly flagged: boolean;
  /** By the judge that is compared with. */
  readonly change: PairChange | null;
}

export function pairLines(
  rollouts: readonly Rollout[],
  edits: readonly PairEdit[],
  compared: SecondOpinion | null,
): readonly PairLine[] {
  const other = new Map(compared?.entries.map((entry) => [entry.position, entry]));
  return rollouts.map((rollout): PairLine => {
    const edit = editOf(edits, rollout);
    const pair = pairOf(withEdit(rollout, edit));
    const chosen = (pair && rollout.candidates[pair.chosen]) ?? null;
    const rejected = (pair && rollout.candidates[pair.rejected]) ?? null;
    const entry = other.get(rollout.position);
    const judges = [
      ...(rollout.judgement?.members ?? []),
      // Another judge's scores are a further opinion.
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

/** Share of the pairs of candidates that two judges order differently (half where one of them ties), over every two judges. */
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
  /** '': all. */
  readonly category: string;
  readonly words: string;
  /** Mean response length in tokens. */
  readonly shortest: number;
  /** 0: no limit. */
  readonly longest: number;
  /** At least. */
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
  flagged: 'a response speaks to the judge',
  edited: 'changed by hand',
  changed: 'another judge decides otherwise',
} as const;
export type Kind = keyof typeof KINDS;

export const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

/** Held-out prompts have no pairs. */
const OF_HELD_OUT: readonly Kind[] = ['all', 'malformed', 'flagged'];

/** What can be asked of the lines that there are. */
export interface Offer {
  readonly kinds: readonly Kind[];
  /** In alphabetical order. */
  readonly categories: readonly string[];
  /** More than one judge has scored. */
  readonly disagreement: boolean;
}

export function offerOf(lines: readonly PairLine[], purpose: 'train' | 'evaluate'): Offer {
  const compared = lines.some(({ change }) => change !== null);
  const ofPairs = Object.keys(KINDS)
    .filter(isKind)
    .filter((kind) => kind !== 'changed' || compared);
  return {
    kinds: purpose === 'evaluate' ? OF_HELD_OUT : ofPairs,
    categories: [...new Set(lines.map(({ category }) => category))].filter(Boolean).toSorted(),
    disagreement: lines.some(({ disagreement }) => disagreement !== null),
  };
}

/** A filter that is not offered here filters nothing: nobody could see it, or take it off. */
export function fitting(filters: Filters, { kinds, categories, disagreement }: Offer): Filters {
  return {
    ...filters,
    kind: kinds.includes(filters.kind) ? filters.kind : 'all',
    category: categories.includes(filters.category) ? filters.category : '',
    disagreement: disagreement ? filters.disagreement : 0,
  };
}

function isOf(line: PairLine, kind: Kind): boolean {
  const { pair } = withEdit(line.rollout, line.edit);
  const none = pair !== null && 'none' in pair ? pair.none : null;
  switch (kind) {
    case 'all':
      return true;
    case 'pair':
      return line.chosen !== null;
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
      return line.malformed > 0;
    case 'rejected-malformed':
      return line.rejected !== null && line.rejected.malformed !== null;
    case 'flagged':
      return line.flagged;
    case 'edited':
      return line.edit !== null;
    case 'changed':
      return line.change !== null && line.change !== 'same';
    default:
      return kind satisfies never;
  }
}

export function keep(line: PairLine, filters: Filters): boolean {
  const words = filters.words.trim().toLowerCase();
  return (
    isOf(line, filters.kind) &&
    (filters.category === '' || line.category === filters.category) &&
    (words === '' || textOf(line.rollout).includes(words)) &&
    (filters.shortest === 0 || (line.length ?? 0) >= filters.shortest) &&
    (filters.longest === 0 || (line.length ?? 0) <= filters.longest) &&
    (filters.disagreement === 0 || (line.disagreement ?? 0) >= filters.disagreement)
  );
}

const textOf = ({ prompt, candidates }: Rollout): string =>
  [prompt.instruction, ...candidates.map(({ text }) => text)].join('\n').toLowerCase();
