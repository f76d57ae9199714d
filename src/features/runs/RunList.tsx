import { recipeToQuery } from '../../recipe/encoding';
import type { Recipe } from '../../recipe/recipe';
import { MEASURE_NAMES } from '../../records/evaluations';
import type { RunDetail, RunStatus, RunSummary } from '../../records/runs';
import { useStore } from '../../state/react';
import { storedRunsStore, undoDeleteRun } from '../../state/runs/stored-runs';
import { formatRoute } from '../../state/session/route';
import { Button } from '../../ui/Button';
import { HELDOUT_CURVE, MOST_RUNS, measureOf, runColour } from '../../ui/chart/curves';
import { ARM_NAME, bytes, moment, percent, plural, subscript } from '../../ui/format';
import { scoreText } from './evaluations/evaluation-cells';

const STATUS: Record<RunStatus, string> = {
  running: 'running',
  paused: 'paused',
  stopped: 'stopped',
  finished: 'finished',
  failed: 'failed',
};

interface Props {
  readonly runs: readonly RunSummary[];
  readonly shown: string | null;
  readonly others: readonly string[];
  readonly onCompare: (id: string, on: boolean) => void;
}

export function RunList({ runs, shown, others, onCompare }: Props) {
  const pendingDeletes = useStore(storedRunsStore, (state) => state.pendingDeletes);
  const details = useStore(storedRunsStore, (state) => state.details);
  const compared = shown === null ? [] : [shown, ...others];
  return (
    <ul className="run-list">
      {runs.map((run) => {
        const place = compared.indexOf(run.id);
        if (pendingDeletes.has(run.id)) {
          return (
            <li key={run.id} className="run-item run-going">
              <span>{run.name} will be deleted.</span>
              <Button className="button-small" onClick={() => undoDeleteRun(run.id)}>
                Undo
              </Button>
            </li>
          );
        }
        return (
          <li key={run.id} className="run-item" data-shown={run.id === shown}>
            <a
              className="run-link"
              href={formatRoute({ place: 'runs', run: run.id, others: others.filter((other) => other !== run.id) })}
              aria-current={run.id === shown ? 'true' : undefined}
            >
              <span className="run-name">
                {place >= 0 && compared.length > 1 && (
                  <span className={`run-swatch colour-${runColour(place)}`} aria-hidden="true" />
                )}
                {run.name}
              </span>
              <span className={`tag run-${run.status}`}>{STATUS[run.status]}</span>
              <Results detail={details.get(run.id)} />
              <span className="run-recipe">{recipeLine(run.recipe)}</span>
              <span className="run-when">
                {moment(run.created)} · {run.iterations} of {plural(run.recipe.iterations, 'iteration')} ·{' '}
                {bytes(run.bytes)}
              </span>
            </a>
            {shown !== null && run.id !== shown && (
              <label className="run-compare">
                <input
                  type="checkbox"
                  checked={place > 0}
                  disabled={place < 0 && compared.length >= MOST_RUNS}
                  onChange={(event) => onCompare(run.id, event.currentTarget.checked)}
                />
                compare
              </label>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The newest result of each arm, by the measure that the first chart shows. */
function Results({ detail }: { readonly detail: RunDetail | undefined }) {
  const kind = measureOf(detail?.evaluations ?? []);
  const results = (detail?.summary.recipe.arms ?? []).flatMap((arm) => {
    const [last] = (detail?.evaluations ?? [])
      .filter((e) => e.arm === arm)
      .toSorted((a, b) => b.iteration - a.iteration);
    const value = last ? HELDOUT_CURVE[kind].value(last) : null;
    return last === undefined || value === null ? [] : [{ arm, value, iteration: last.iteration }];
  });
  if (results.length === 0) return null;
  return (
    <span className="run-finals tabular">
      {results.map(({ arm, value, iteration }) => (
        <span
          key={arm}
          className={`colour-${arm}`}
          title={`Held-out ${MEASURE_NAMES[kind]} of M${subscript(iteration)}, ${ARM_NAME[arm]}`}
        >
          {kind === 'score' ? scoreText(value) : percent(value)} <span className="run-arm">{ARM_NAME[arm]}</span>
        </span>
      ))}
    </span>
  );
}

/** A recipe in one line: the most similar preset, and the values that differ. */
export function recipeLine(recipe: Recipe): string {
  const parts = [...new URLSearchParams(recipeToQuery(recipe))];
  return parts.map(([name, value]) => (name === 'preset' ? value : `${name} ${value}`)).join(', ');
}
