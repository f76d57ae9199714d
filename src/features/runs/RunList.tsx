import { MEASURE_NAMES } from '../../records/heldout-measure';
import type { RunDetail, RunStatus, RunSummary } from '../../records/runs';
import { formatRoute } from '../../state/route';
import { undoDelete, useRuns } from '../../state/runs';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { HERO, heroKind, MOST_RUNS, runColour } from '../../ui/chart/curves';
import { bytes, moment, percent, subscript } from '../../ui/format';
import { scoreText } from './evaluation-cells';
import { recipeLine } from './recipe-line';

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
  const going = useRuns((state) => state.going);
  const details = useRuns((state) => state.details);
  const compared = shown === null ? [] : [shown, ...others];
  return (
    <ul className="run-list">
      {runs.map((run) => {
        const place = compared.indexOf(run.id);
        if (going.has(run.id)) {
          return (
            <li key={run.id} className="run-item run-going">
              <span>{run.name} will be deleted.</span>
              <Button className="button-small" onClick={() => undoDelete(run.id)}>
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
              <Finals detail={details.get(run.id)} />
              <span className="run-recipe">{recipeLine(run.recipe)}</span>
              <span className="run-when">
                {moment(run.created)} · {run.iterations} of {run.recipe.iterations} iterations · {bytes(run.bytes)}
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

/** Of each arm's newest evaluation, by the measure that policies are ranked by. */
function Finals({ detail }: { readonly detail: RunDetail | undefined }) {
  const kind = heroKind(detail?.evaluations ?? []);
  const finals = (detail?.summary.recipe.arms ?? []).flatMap((arm) => {
    const [last] = (detail?.evaluations ?? [])
      .filter((e) => e.arm === arm)
      .toSorted((a, b) => b.iteration - a.iteration);
    const value = last ? HERO[kind].value(last) : null;
    return last === undefined || value === null ? [] : [{ arm, value, iteration: last.iteration }];
  });
  if (finals.length === 0) return null;
  return (
    <span className="run-finals tabular">
      {finals.map(({ arm, value, iteration }) => (
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
