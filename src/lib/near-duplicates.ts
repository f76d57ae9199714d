/**
 * Finds texts that are nearly the same: the Jaccard similarity of their shingles (runs of three words) is at least
 * 0.7. Banded MinHash signatures propose candidates (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3),
 * which are then compared exactly.
 */
import { mix32, textHash } from './text';

const WORDS = 3;
const MIN_SIMILARITY = 0.7;
const BANDS = 12;
const ROWS = 3;
/** Texts in one bucket of a band. A bucket with more than this holds boilerplate that everything shares. */
const MOST_COMPARED = 16;

/** Hashes of all runs of three words. A shorter text is one shingle. */
export function shingles(text: string): ReadonlySet<number> {
  const words =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const found = new Set<number>();
  for (let i = 0; i + WORDS <= words.length; i++) found.add(textHash(words.slice(i, i + WORDS).join(' ')));
  if (found.size === 0) found.add(textHash(words.join(' ')));
  return found;
}

/** Jaccard similarity: |a ∩ b| / |a ∪ b|. */
export function similarity(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  for (const one of a) if (b.has(one)) shared++;
  return shared / (a.size + b.size - shared);
}

/** Compares each added text with those added before it. */
export class NearDuplicates<Id> {
  private readonly bands = Array.from(
    { length: BANDS },
    () => new Map<number, { id: Id; shingles: ReadonlySet<number> }[]>(),
  );

  /**
   * Returns the id of an earlier text that this one nearly repeats. Returns null, and remembers the text, if there is
   * none.
   */
  add(id: Id, text: string): Id | null {
    const own = shingles(text);
    const keys = this.bands.map((_, band) => bandKey(own, band));
    for (const [band, key] of keys.entries()) {
      const near = this.bands[band]?.get(key)?.find((other) => similarity(own, other.shingles) >= MIN_SIMILARITY);
      if (near) return near.id;
    }
    for (const [band, key] of keys.entries()) {
      const bucket = this.bands[band]?.get(key);
      if (bucket === undefined) this.bands[band]?.set(key, [{ id, shingles: own }]);
      else if (bucket.length < MOST_COMPARED) bucket.push({ id, shingles: own });
    }
    return null;
  }
}

/** MinHash of one band. The keys of two texts are equal with probability similarity³. */
function bandKey(own: ReadonlySet<number>, band: number): number {
  let key = band;
  for (let row = 0; row < ROWS; row++) {
    const salt = mix32(band * ROWS + row + 1);
    let least = 0xffffffff;
    for (const one of own) least = Math.min(least, mix32(one ^ salt));
    key = mix32(Math.imul(key, 31) ^ least);
  }
  return key;
}
