import { useMemo, useState } from 'react';
import { judgeNames, judgesSentence, WHY_ANOTHER_JUDGE } from '../../../recipe/judges/names';
import type { RunDetail } from '../../../records/runs';
import { BOTH_ARMS, evaluationCurves, WINS } from '../../../ui/chart/curves';
import { WinChart } from '../../../ui/chart/RunCharts';
import { staticSource } from '../RunCurves';
import { BestCheckpoint } from './BestCheckpoint';
import { CategoryChart } from './CategoryChart';
import { CategoryTable } from './CategoryTable';
import { EvaluationTable } from './EvaluationTable';
import { EvaluationJudgeFacts } from './JudgeFactsList';

/** The evaluations of a run on held-out prompts: win rates, results by category, and tables, as in the paper. */
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
      staticSource(
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
  // The iteration shown in the chart and the table by category.
  const [iteration, setIteration] = useState<number | null>(null);
  return (
    <section className="panel run-section" aria-labelledby="evaluations-title">
      <h2 id="evaluations-title">Evaluations on held-out prompts</h2>
      <Judges detail={detail} />
      <EvaluationJudgeFacts evaluations={evaluations} />
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
  '“At equal lengths” follows AlpacaEval 2. A logistic regression explains the wins by the prompt ' +
  'and by the difference in length of the two responses, in tokens. The rate is its prediction ' +
  'without that difference. Malformed samples keep their result. There is no rate with fewer than ' +
  '20 comparisons, or if all were won or all lost.';

/** Which judge evaluated, and why it should not be the judge of the training. */
function Judges({ detail: { summary, evaluations, iterations } }: { readonly detail: RunDetail }) {
  const judges = judgeNames(summary.recipe, evaluations, iterations);
  const accurate = evaluations.some(({ accuracy }) => accuracy !== null);
  return (
    <p className="quiet evaluation-judges">
      {judgesSentence(judges, accurate)} {WHY_ANOTHER_JUDGE}
      {judges.training === judges.evaluation && !accurate && ' You can choose another one in the recipe, under Judge.'}
    </p>
  );
}
