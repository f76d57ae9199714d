/** A completion into thought and response. */
import type { ThoughtPrompt } from '../recipe/thought-prompts';
import type { Malformed } from './types';

/** Half-open, in UTF-16 code units of the text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface ParsedCompletion {
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  readonly thoughtRange: TextRange;
  readonly responseRange: TextRange;
}

/** [start, end) without the white space at its ends (as String.prototype.trim). */
function trimmed(text: string, start: number, end: number): TextRange {
  const part = text.slice(start, end);
  const leading = part.length - part.trimStart().length;
  return { start: start + leading, end: start + leading + part.trim().length };
}

/**
 * The response begins after the first response marker; the thought stands before it, behind the first thought marker if there
 * is one. Both are filled also where the completion is malformed: `truncated` (checked first), `no-marker`, `empty-response`.
 * @param text decoded, without the end of turn
 * @param ended whether the end of turn was produced within the limit
 */
export function parseCompletion(text: string, ended: boolean, format: Omit<ThoughtPrompt, 'text'>): ParsedCompletion {
  const { thoughtMarker, responseMarker } = format;
  const markerAt = responseMarker === null ? 0 : text.indexOf(responseMarker);
  const before = markerAt === -1 ? text.length : markerAt;
  const responseStart = markerAt === -1 ? text.length : markerAt + (responseMarker?.length ?? 0);

  const thoughtAt = thoughtMarker === null ? -1 : text.slice(0, before).indexOf(thoughtMarker);
  const thoughtStart = thoughtAt === -1 ? 0 : thoughtAt + (thoughtMarker?.length ?? 0);

  const thoughtRange = trimmed(text, thoughtStart, before);
  const responseRange = trimmed(text, responseStart, text.length);
  const response = text.slice(responseRange.start, responseRange.end);
  const malformed = !ended ? 'truncated' : markerAt === -1 ? 'no-marker' : response === '' ? 'empty-response' : null;
  return { thought: text.slice(thoughtRange.start, thoughtRange.end), response, malformed, thoughtRange, responseRange };
}
