/** `Promise.all` of work on each item, all of it under one signal: aborted as soon as one fails, or `outer` is. */
export async function allOrNone<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal, i: number) => Promise<R>,
  outer?: AbortSignal,
): Promise<R[]> {
  const ending = new AbortController();
  const signal = outer ? AbortSignal.any([ending.signal, outer]) : ending.signal;
  try {
    return await Promise.all(items.map((item, i) => work(item, signal, i)));
  } catch (error) {
    ending.abort(error);
    throw error;
  }
}
