import { ARM_NAME } from '../../ui/arm-name';
import { measured, percent, subscript } from '../../ui/format';
import type { Evaluation } from '../../worker/protocol';

/** Every evaluation of a run, iteration by arm, with 95% intervals. */
export function EvaluationTable({ evaluations, name }: { readonly evaluations: readonly Evaluation[]; readonly name: string }) {
  const rows = evaluations.toSorted((a, b) => a.iteration - b.iteration || b.arm.localeCompare(a.arm));
  const categories = [...new Set(rows.flatMap((row) => Object.keys(row.byCategory)))].sort();
  if (rows.length === 0) return <p className="quiet">The first evaluation is of the model before training.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="scroll table-frame" tabIndex={0} aria-label={`Evaluations of ${name}`}>
      <table className="evaluation-table">
        <caption className="visually-hidden">Held-out evaluations of {name}</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Arm</th>
            <th scope="col" className="number">
              Accuracy (95%)
            </th>
            <th scope="col" className="number">
              Mean score (95%)
            </th>
            <th scope="col" className="number">
              Malformed
            </th>
            <th scope="col" className="number">
              Thought, tokens
            </th>
            <th scope="col" className="number">
              Response, tokens
            </th>
            <th scope="col" className="number">
              Prompts × samples
            </th>
            {categories.map((category) => (
              <th key={category} scope="col" className="number table-category">
                {category}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.iteration}/${row.arm}`} className={row.arm === 'thinking' ? 'table-begins' : ''}>
              <th scope="row">M{subscript(row.iteration)}</th>
              <td className={`arm-name colour-${row.arm}`}>{ARM_NAME[row.arm]}</td>
              <td className="number">
                <strong>{row.accuracy === null ? '–' : percent(row.accuracy)}</strong>
                {row.accuracyInterval && ` (${percent(row.accuracyInterval[0])} – ${percent(row.accuracyInterval[1])})`}
              </td>
              <td className="number">
                {row.meanScore === null ? '–' : measured(row.meanScore)}
                {row.meanScoreInterval && ` (${measured(row.meanScoreInterval[0])} – ${measured(row.meanScoreInterval[1])})`}
              </td>
              <td className="number">{percent(row.malformed)}</td>
              <td className="number">{row.thoughtTokens.toFixed(1)}</td>
              <td className="number">{row.responseTokens.toFixed(1)}</td>
              <td className="number">
                {row.prompts} × {row.prompts === 0 ? 0 : Math.round(row.samples / row.prompts)}
              </td>
              {categories.map((category) => {
                const share = row.byCategory[category];
                return (
                  <td key={category} className="number">
                    {share === undefined ? '–' : percent(share, 0)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
