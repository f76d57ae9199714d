/** Separates a completion into thought and response. */
import type { ThoughtPrompt } from '../../recipe/thought-prompts';
import type { Malformed } from '../../records/candidates';
import { type FoundMarker, findMarker, type TextRange } from './find-marker';

export interface ParsedCompletion {
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  /** Where thought and response are in the text. */
  readonly thoughtRange: TextRange;
  readonly responseRange: TextRange;
}

/** Without `tolerant`, markers are found only as an exact copy, as in the paper. */
export type CompletionFormat = Pick<ThoughtPrompt, 'thoughtMarker' | 'responseMarker'> &
  Partial<Pick<ThoughtPrompt, 'tolerant' | 'native'>>;

type Find = (text: string, marker: string, from: number) => FoundMarker | null;

function findExactly(text: string, marker: string, from: number): FoundMarker | null {
  const start = text.indexOf(marker, from);
  return start === -1 ? null : { start, end: start + marker.length, open: '' };
}

/** The range [start, end) without white space at its ends, like String.prototype.trim. */
function trimmed(text: string, start: number, end: number): TextRange {
  const part = text.slice(start, end);
  const leading = part.length - part.trimStart().length;
  return { start: start + leading, end: start + leading + part.trim().length };
}

/** The text after a marker, trimmed. Mark-up at its end that was opened before the marker is removed too. */
function afterMarker(text: string, { end, open }: FoundMarker, to: number): TextRange {
  const range = trimmed(text, end, to);
  const closes =
    open !== '' && text.slice(range.start, range.end).indexOf(open) === range.end - open.length - range.start;
  return closes ? trimmed(text, range.start, range.end - open.length) : range;
}

/** The `<think>` block of a model with native thinking. */
interface NativeThought extends TextRange {
  /** Where the text after the block begins; null if the block is not closed. */
  readonly rest: number | null;
}

/**
 * The block at the beginning of the text, also if the chat template has opened it; null if there is none.
 * @param marker position of the first response marker
 */
function nativeThought(text: string, marker: number | null): NativeThought | null {
  const opened = /^\s*<think>/.exec(text);
  const close = text.indexOf('</think>');
  const rest = close === -1 ? null : close + '</think>'.length;
  if (opened) return { start: opened[0].length, end: close === -1 ? text.length : close, rest };
  const unopened = close !== -1 && !text.slice(0, close).includes('<think>') && (marker === null || close < marker);
  return unopened ? { start: 0, end: close, rest } : null;
}

interface Sections {
  readonly thought: TextRange;
  /** Null if no marker says where it begins. */
  readonly response: TextRange | null;
}

function sectionsOf(
  text: string,
  { thoughtMarker, responseMarker, tolerant = false, native = false }: CompletionFormat,
): Sections {
  const find: Find = tolerant ? findMarker : findExactly;
  const first = responseMarker === null ? null : find(text, responseMarker, 0);
  const block = tolerant && !native ? nativeThought(text, first?.start ?? null) : null;
  const from = block ? (block.rest ?? text.length) : 0;
  const marker = block && responseMarker !== null ? find(text, responseMarker, from) : first;

  const before = text.slice(0, marker?.start ?? text.length);
  const begin = responseMarker === null || thoughtMarker === null ? null : find(before, thoughtMarker, from);
  const blockIsAll = block !== null && begin === null && (marker === null || before.slice(from).trim() === '');
  const thought = blockIsAll
    ? trimmed(text, block.start, block.end)
    : begin
      ? afterMarker(text, begin, before.length)
      : trimmed(text, block?.start ?? 0, before.length);

  if (marker) return { thought, response: afterMarker(text, marker, text.length) };
  if (blockIsAll) return { thought, response: block.rest === null ? null : trimmed(text, block.rest, text.length) };
  return responseMarker === null
    ? { thought: { start: 0, end: 0 }, response: trimmed(text, 0, text.length) }
    : { thought, response: null };
}

/**
 * The response begins after the first response marker. The thought is the text before it, after the first thought
 * marker if there is one. Both are also set for a malformed completion: `truncated` (checked first), `no-marker` or
 * `empty-response`. The first marker counts even if a thought only quotes it ("I will write it after 'Here is my
 * response:'").
 *
 * With a tolerant format, markers are found by `findMarker`. Unless the format is that of native thinking, a block
 * `<think>…</think>` at the beginning is skipped when markers are searched; if none follows, the block is the thought.
 * @param text decoded, without the end-of-turn token
 * @param ended whether the completion ended with the end-of-turn token within the limit
 */
export function parseCompletion(text: string, ended: boolean, format: CompletionFormat): ParsedCompletion {
  const { thought: thoughtRange, response: found } = sectionsOf(text, format);
  const responseRange = found ?? { start: text.length, end: text.length };
  const response = text.slice(responseRange.start, responseRange.end);
  const malformed = !ended ? 'truncated' : found === null ? 'no-marker' : response === '' ? 'empty-response' : null;
  return {
    thought: text.slice(thoughtRange.start, thoughtRange.end),
    response,
    malformed,
    thoughtRange,
    responseRange,
  };
}
