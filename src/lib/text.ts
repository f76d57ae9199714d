/** Comparing, hashing and formatting text. */

/** The text as it is compared: NFC, lower case, trimmed, each run of white space as one space. */
export const normalised = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();

/** Replaces the line ends of Windows (`\r\n`) and of old Macs (`\r`) by `\n`. */
export const unixLines = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);

/**
 * A 32-bit hash: FNV-1a over UTF-16 code units, followed by murmur3's finalizer. Without the finalizer the hashes of
 * texts that differ in one character would lie close together.
 */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix32(hash);
}

/** murmur3's 32-bit finalizer: a bijection in which every input bit affects every output bit. */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A share as a whole percentage: 0.254 → `25%`. */
export const percent = (share: number): string => `${Math.round(100 * share)}%`;
