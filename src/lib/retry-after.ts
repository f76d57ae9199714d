/** Seconds that a server asks to wait (Retry-After, as a number or a date); null where it does not say. @param now milliseconds since 1970 */
export function retryAfter(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000);
}
