/** Parameters of a model in billions, as its name tells them (`Qwen2.5-7B-Instruct`, `qwen2.5:0.5b`, `Mixtral-8x7B`); null where it does not. */
export function billionsOf(name: string): number | null {
  const [, experts = '1', count, unit] =
    /(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/i.exec(name) ?? [];
  if (count === undefined || unit === undefined) return null;
  return (Number(experts) * Number(count)) / (unit.toLowerCase() === 'b' ? 1 : 1000);
}
