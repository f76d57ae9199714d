import type { ParityRow } from '../../src/records/report';

export interface ParityResult {
  readonly model: string;
  readonly rows: readonly ParityRow[];
  /** Why the folder could not be read. Null if it could. */
  readonly refused: string | null;
}

/** True only if something was compared and every comparison passed. */
export function allOk(results: readonly ParityResult[]): boolean {
  return (
    results.length > 0 &&
    results.every(({ rows, refused }) => refused === null && rows.length > 0 && rows.every(({ ok }) => ok))
  );
}

const number = (value: number) => (Number.isFinite(value) ? value.toExponential(1) : String(value));

export function parityTable(results: readonly ParityResult[]): string {
  const header = ['model', 'quantity', 'max abs', 'max rel', 'tolerance', 'ok'];
  const lines = results.flatMap(({ model, rows }) =>
    rows.map(({ quantity, maxAbsolute, maxRelative, tolerance, ok }) => [
      model,
      quantity,
      number(maxAbsolute),
      number(maxRelative),
      tolerance,
      ok ? 'ok' : 'MISSED',
    ]),
  );
  const widths = header.map((name, column) =>
    Math.max(name.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const isNumber = (column: number) => column === 2 || column === 3;
  const aligned = [header, ...lines].map((line) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const missed = results.flatMap(({ rows }) => rows).filter(({ ok }) => !ok).length;
  const refusals = results.flatMap(({ model, refused, rows }) => {
    if (refused !== null) return [`${model}: ${refused}`];
    return rows.length === 0 ? [`${model}: nothing to compare was found`] : [];
  });
  const verdict =
    `${lines.length - missed} quantities within tolerance, ` + `${missed} missed, ${refusals.length} folders refused`;
  return [...aligned, '', ...refusals, verdict].join('\n');
}
