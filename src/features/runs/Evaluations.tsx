import { useMemo, useState } from 'react';
import { judgeNames, judgesSentence, WHY_ANOTHER_JUDGE } from '../../recipe/judges/names';
import type { RunDetail } from '../../records/runs';
import { BOTH_ARMS, evaluationCurves, WINS } from '../../ui/chart/curves';
import { WinChart } from '../../ui/chart/RunCharts';
import { BestCheckpoint } from './BestCheckpoint';
import { CategoryChart } from './CategoryChart';
import { CategoryTable } from './CategoryTable';
import { EvaluationJudge } from './EvaluationJudge';
import { EvaluationTable } from './EvaluationTable';
import { still } from './RunCurves';

/** What the held-out prompts say of each iteration: the paper's picture, its chart by category and its table. */
export function Evaluations({
  detail,
  others,
}: {
  readonly detail: RunDetail;
  readonly others: readonly RunDetail[];
}) {
  const { summary, evaluations } = detail;
  const { iterations } = summary.recipe;
  const wins = useMemo(
    () =>
      still(
        evaluationCurves(
          evaluations,
          BOTH_ARMS.filter((arm) => summary.recipe.arms.includes(arm)),
          iterations,
          WINS,
        ),
      ),
    [evaluations, summary.recipe.arms, iterations],
  );
  const won = evaluations.some(({ winRates }) => winRates.length > 0);
  const differ = evaluations.some(({ differences }) => differences !== undefined);
  // Of what is told by category.
  const [iteration, setIteration] = useState<number | null>(null);
  return (
    <section className="panel run-section" aria-labelledby="evaluations-title">
      <h2 id="evaluations-title">Evaluations on held-out prompts</h2>
      <Judges detail={detail} />
      <EvaluationJudge evaluations={evaluations} />
      <BestCheckpoint detail={detail} />
      {(won || differ) && (
        <div className="evaluation-charts">
          {won && <WinChart source={wins} iterations={iterations} />}
          <CategoryChart evaluations={evaluations} iteration={iteration} onIteration={setIteration} />
        </div>
      )}
      {[detail, ...others].map((run) => (
        <EvaluationTable
          key={run.summary.id}
          detail={run}
          heading={<h3>{others.length > 0 ? run.summary.name : 'By iteration and arm'}</h3>}
        />
      ))}
      {won && <p className="quiet evaluation-judges">{EQUAL_LENGTHS}</p>}
      <CategoryTable detail={detail} iteration={iteration} onIteration={setIteration} />
    </section>
  );
}

const EQUAL_LENGTHS =
  '“At equal lengths” is fitted after AlpacaEval 2: a logistic regression explains who wins by the difference of the two responses’ lengths in tokens and by the prompt, and the rate is what it predicts without the difference. Malformed samples keep what they won or lost. With fewer than 20 comparisons, and where all were won or all lost, nothing is fitted.';

/** Who judged, and why it should not be the judge of the training. */
function Judges({ detail: { summary, evaluations, iterations } }: { readonly detail: RunDetail }) {
  const judges = judgeNames(summary.recipe, evaluations, iterations);
  const accurate = evaluations.some(({ accuracy }) => accuracy !== null);
  return (
    <p className="quiet evaluation-judges">
      {judgesSentence(judges, accurate)} {WHY_ANOTHER_JUDGE}
      {judges.training === judges.evaluation && !accurate && ' Choose another one in the recipe, under Judge.'}
    </p>
  );
}
