import type { LiveCandidates, Malformed, Rollout } from '../../records/candidates';
import type { NoPair } from '../../records/pairs';

export interface CandidateView {
  readonly index: number;
  readonly thought: string;
  readonly response: string;
  /** Being written now. */
  readonly writing: boolean;
  readonly tokens: number;
  readonly score: number | null;
  /** Known and scored: a null score is then the judge's, or a malformed candidate's. */
  readonly scored: boolean;
  readonly correct: boolean | null;
  readonly malformed: Malformed | null;
  readonly mark: 'chosen' | 'rejected' | null;
  /** Words with which the response speaks to the judge. */
  readonly flag: string | null;
}

export const MALFORMED: Record<Malformed, string> = {
  truncated: 'It did not end within the limit.',
  'no-marker': 'It has no response marker.',
  'empty-response': 'Its response is empty.',
};

/** e.g. "5 of 8" */
export function wellFormedOf(candidates: readonly { readonly malformed: Malformed | null }[]): string {
  return `${candidates.filter(({ malformed }) => malformed === null).length} of ${candidates.length}`;
}

export const NO_PAIR: Record<NoPair, string> = {
  'all-malformed': 'all candidates are malformed',
  'all-equal': 'all candidates scored the same',
  'same-text': 'the best and the worst are the same text',
  'judge-failed': 'the judge gave no scores',
  excluded: 'it was excluded by hand',
};

export function viewsOf(live: LiveCandidates | null, rollout: Rollout | null): readonly CandidateView[] {
  if (rollout !== null) {
    const pair = rollout.pair !== null && 'chosen' in rollout.pair ? rollout.pair : null;
    return rollout.candidates.map((c) => ({
      index: c.index,
      // What a malformed completion says is shown whole: it is the reason for its fate.
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
    // White space before the next word would open an empty line.
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

export type Fate = 'right' | 'wrong' | 'malformed' | 'chosen' | 'rejected' | 'plain' | 'writing';

/** In one word, for the small marks: rightness where it is known, else the pair. */
export function fateOf(view: CandidateView): Fate {
  if (!view.scored) return 'writing';
  if (view.malformed !== null) return 'malformed';
  if (view.correct !== null) return view.correct ? 'right' : 'wrong';
  return view.mark ?? 'plain';
}
