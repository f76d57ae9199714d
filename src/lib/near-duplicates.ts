/**
 * Texts that say nearly the same, by their shingles (runs of three words): the Jaccard similarity of the sets is at least 0.7. Candidates
 * come from MinHash signatures in bands (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3), and are then compared exactly.
 */
import { mix32, textHash } from './text-hash';

const WORDS = 3;
const LEAST = 0.7;
const BANDS = 12;
const ROWS = 3;
/** Of one band: more would be a boilerplate that everything shares. */
const MOST_COMPARED = 16;

/** Hashes of the runs of three words; of a shorter text, of itself. */
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

export function similarity(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let shared = 0;
  for (const one of a) if (b.has(one)) shared++;
  return shared / (a.size + b.size - shared);
}

/** Takes texts one after the other, and knows whether one of before is nearly the same. */
export class NearDuplicates<Id> {
  private readonly bands = Array.from(
    { length: BANDS },
    () => new Map<number, { id: Id; shingles: ReadonlySet<number> }[]>(),
  );

  /** The first text that this one nearly repeats; null where there is none, and then it counts itself from now on. */
  add(id: Id, text: string): Id | null {
    const own = shingles(text);
    const keys = this.bands.map((_, band) => bandKey(own, band));
    for (const [band, key] of keys.entries()) {
      const near = this.bands[band]?.get(key)?.find((other) => similarity(own, other.shingles) >= LEAST);
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

/** Equal with probability similarity³ for two texts. */
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
