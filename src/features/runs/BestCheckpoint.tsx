import { Download, Play } from 'lucide-react';
import { useState } from 'react';
import { recipeToQuery } from '../../recipe/encoding';
import type { Arm } from '../../recipe/recipe';
import { MEASURE_NAMES } from '../../records/heldout-measure';
import type { RunDetail } from '../../records/runs';
import { beginningWith, keepAdapter } from '../../state/adapters';
import { go } from '../../state/route';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { HERO, heroKind } from '../../ui/chart/curves';
import { percent, subscript } from '../../ui/format';
import { scoreText } from './evaluation-cells';
import { saveAdapter } from './save-adapter';

/** Of each arm the iteration to keep, as in the paper: the one that scored highest on held-out prompts. */
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
  const kind = heroKind(own);
  const found = own.find((one) => one.iteration === iteration);
  const value = found ? HERO[kind].value(found) : null;
  const last = Math.max(0, ...own.map((one) => one.iteration));
  const begin = async () => {
    setBusy(true);
    const adapter = await keepAdapter(summary.id, arm, iteration);
    setBusy(false);
    if (adapter)
      go({ place: 'lab', query: recipeToQuery({ ...summary.recipe, ...beginningWith(adapter, summary.recipe) }) });
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
            aria-label={`Begin a new run with it: ${ARM_NAME[arm]}`}
            title="Keeps it among the imported adapters, and takes this run’s recipe to the Lab: the arm that thinks first begins with it"
            onClick={() => void begin()}
          >
            <Play aria-hidden="true" /> Begin a new run with it
          </Button>
        </span>
      )}
    </li>
  );
}
