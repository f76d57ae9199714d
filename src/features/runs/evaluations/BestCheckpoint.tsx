import { Download, Play } from 'lucide-react';
import { useState } from 'react';
import { recipeToQuery } from '../../../recipe/encoding';
import type { Arm } from '../../../recipe/recipe';
import { MEASURE_NAMES } from '../../../records/evaluations';
import type { RunDetail } from '../../../records/runs';
import { saveRunAdapter, startingFromAdapter } from '../../../state/models/adapters';
import { go } from '../../../state/session/route';
import { Button } from '../../../ui/Button';
import { HELDOUT_CURVE, measureOf } from '../../../ui/chart/curves';
import { ARM_NAME, percent, subscript } from '../../../ui/format';
import { saveAdapter } from '../Exports';
import { scoreText } from './evaluation-cells';

/** The best iteration of each arm on held-out prompts, which is the one to keep, as in the paper. */
export function BestCheckpoint({ detail }: { readonly detail: RunDetail }) {
  const { best = {}, summary } = detail;
  return (
    <ul className="best-list">
      {summary.recipe.arms.map((arm) => {
        const iteration = best[arm];
        return iteration === undefined ? null : (
          <BestOfArm key={arm} detail={detail} arm={arm} iteration={iteration} />
        );
      })}
    </ul>
  );
}

interface Props {
  readonly detail: RunDetail;
  readonly arm: Arm;
  readonly iteration: number;
}

function BestOfArm({ detail: { summary, evaluations }, arm, iteration }: Props) {
  const [busy, setBusy] = useState(false);
  const own = evaluations.filter((one) => one.arm === arm);
  const kind = measureOf(own);
  const found = own.find((one) => one.iteration === iteration);
  const value = found ? HELDOUT_CURVE[kind].value(found) : null;
  const last = Math.max(0, ...own.map((one) => one.iteration));
  const begin = async () => {
    setBusy(true);
    const adapter = await saveRunAdapter(summary.id, arm, iteration);
    setBusy(false);
    if (adapter)
      go({
        place: 'lab',
        query: recipeToQuery({ ...summary.recipe, ...startingFromAdapter(adapter, summary.recipe) }),
      });
  };
  return (
    <li className="best">
      <span>
        <strong className={`arm-name colour-${arm}`}>{ARM_NAME[arm]}</strong>: M{subscript(iteration)} is best on
        held-out prompts
        {value !== null && ` by ${MEASURE_NAMES[kind]}, ${kind === 'score' ? scoreText(value) : percent(value)}`}
        {iteration === 0
          ? ', the model before training.'
          : iteration < last
            ? `; M${subscript(last)} is the newest.`
            : '.'}
      </span>
      {iteration > 0 && (
        <span className="best-actions">
          <Button className="button-small" onClick={() => void saveAdapter(summary, arm, iteration)}>
            <Download aria-hidden="true" /> Best adapter, {ARM_NAME[arm]}
          </Button>
          <Button
            className="button-small"
            disabled={busy}
            aria-label={`Start a new run from it: ${ARM_NAME[arm]}`}
            title={
              'Saves it with the imported adapters and opens this run’s recipe in the Lab. The arm ' +
              'that thinks first starts from it.'
            }
            onClick={() => void begin()}
          >
            <Play aria-hidden="true" /> Start a new run from it
          </Button>
        </span>
      )}
    </li>
  );
}
