/** Whether several scorers put the same things in the same order. */

type Scores = readonly (number | null)[];

/** 1, 0 or −1 for every two things that a scorer has scored; null where it lacks one of them. */
function ordersOf(scores: Scores): (number | null)[] {
  return scores.flatMap((a, m) => scores.slice(0, m).map((b) => (a === null || b === null ? null : Math.sign(a - b))));
}

/** Of every two things that both scorers order: in how many they do so alike, and oppositely. */
function compare(a: Scores, b: Scores): { readonly alike: number; readonly opposite: number } {
  const others = ordersOf(b);
  const products = ordersOf(a).map((order, i) => (order ?? 0) * (others[i] ?? 0));
  return { alike: products.filter((x) => x > 0).length, opposite: products.filter((x) => x < 0).length };
}

/** Goodman and Kruskal's γ, (alike − opposite) / (alike + opposite): 1 the same order, −1 the reverse; null where they order no two things both. */
export function rankCorrelation(a: Scores, b: Scores): number | null {
  const { alike, opposite } = compare(a, b);
  return alike + opposite === 0 ? null : (alike - opposite) / (alike + opposite);
}

/** Of every two things that any two of the scorers order: the share in which they do so oppositely. 0.5 is chance. null where there are none. */
export function disagreement(scorers: readonly Scores[]): number | null {
  const all = scorers.flatMap((a, i) => scorers.slice(0, i).map((b) => compare(a, b)));
  const opposite = all.reduce((total, each) => total + each.opposite, 0);
  const ordered = all.reduce((total, each) => total + each.alike, opposite);
  return ordered === 0 ? null : opposite / ordered;
}
