import type { LiveCandidates, Malformed, Rollout } from '../../records/candidates';
import type { NoPair } from '../../records/pairs';

export interface CandidateView {
  readonly index: number;
  readonly thought: string;
  readonly response: string;
  /** It is being generated. */
  readonly writing: boolean;
  readonly tokens: number;
  readonly score: number | null;
  /** Scoring has finished. A null score then means that the judge gave none, or that the candidate is malformed. */
  readonly scored: boolean;
  readonly correct: boolean | null;
  readonly malformed: Malformed | null;
  readonly mark: 'chosen' | 'rejected' | null;
  /** Words with which the response addresses the judge. */
  readonly flag: string | null;
}

export const MALFORMED: Record<Malformed, string> = {
  truncated: 'It reached the length limit before it ended.',
  'no-marker': 'The response marker is missing.',
  'empty-response': 'The response is empty.',
};

/** e.g. "5 of 8" */
export function wellFormedOf(candidates: readonly { readonly malformed: Malformed | null }[]): string {
  return `${candidates.filter(({ malformed }) => malformed === null).length} of ${candidates.length}`;
}

export const NO_PAIR: Record<NoPair, string> = {
  'all-malformed': 'all candidates are malformed',
  'all-equal': 'all candidates scored the same',
  'same-text': 'the best and the worst have the same text',
  'judge-failed': 'the judge gave no scores',
  excluded: 'you left it out',
};

export function viewsOf(live: LiveCandidates | null, rollout: Rollout | null): readonly CandidateView[] {
  if (rollout !== null) {
    const pair = rollout.pair !== null && 'chosen' in rollout.pair ? rollout.pair : null;
    return rollout.candidates.map((c) => ({
      index: c.index,
      // A malformed completion is shown whole, because the text is the reason why it is malformed.
      thought: c.thought,
      response: c.malformed !== null && c.response === '' && c.thought === '' ? c.text : c.response,
      writing: false,
      tokens: c.tokens.length,
      score: c.score,
      scored: true,
      correct: c.correct,
      malformed: c.malformed,
      flag: rollout.judgement?.flags.find(({ candidate }) => candidate === c.index)?.words ?? null,
      mark: pair === null ? null : c.index === pair.chosen ? 'chosen' : c.index === pair.rejected ? 'rejected' : null,
    }));
  }
  return (live?.candidates ?? []).map((c) => ({
    index: c.index,
    // Trailing white space would show as an empty line while the next word is generated.
    thought: c.thought.trimEnd(),
    response: c.response.trimEnd(),
    writing: !c.done,
    tokens: c.tokens,
    score: null,
    scored: false,
    correct: null,
    malformed: null,
    mark: null,
    flag: null,
  }));
}

export type CandidateStatus = 'right' | 'wrong' | 'malformed' | 'chosen' | 'rejected' | 'plain' | 'writing';

/** The status that a small mark shows: right or wrong if known, otherwise the role in the pair. */
export function statusOf(view: CandidateView): CandidateStatus {
  if (!view.scored) return 'writing';
  if (view.malformed !== null) return 'malformed';
  if (view.correct !== null) return view.correct ? 'right' : 'wrong';
  return view.mark ?? 'plain';
}
