import { Download } from 'lucide-react';
import { useMemo } from 'react';
import { judgesOf, judgesSentence, WHY_ANOTHER_JUDGE } from '../../recipe/evaluation-judge';
import { exportEvaluations } from '../../state/actions';
import { Button } from '../../ui/Button';
import { BOTH_ARMS, evaluationCurves, WINS } from '../../ui/chart/curves';
import { WinChart } from '../../ui/chart/RunCharts';
import { saveText } from '../../ui/save';
import type { RunDetail } from '../../worker/protocol';
import { BestCheckpoint } from './BestCheckpoint';
import { CategoryChart } from './CategoryChart';
import { EvaluationJudge } from './EvaluationJudge';
import { EvaluationTable } from './EvaluationTable';
import { still } from './RunCurves';
import { stemOf } from './save-adapter';

/** What the held-out prompts say of each iteration: the paper's picture, its chart by category and its table. */
export function Evaluations({ detail, others }: { readonly detail: RunDetail; readonly others: readonly RunDetail[] }) {
  const { summary, evaluations } = detail;
  const { iterations } = summary.recipe;
  const wins = useMemo(
    () =>
      still({
        ...evaluationCurves(
          evaluations,
          BOTH_ARMS.filter((arm) => summary.recipe.arms.includes(arm)),
          iterations,
          WINS,
        ),
        level: 0.5,
      }),
    [evaluations, summary.recipe.arms, iterations],
  );
  const won = evaluations.some(({ winRates }) => winRates.length > 0);
  return (
    <section className="panel run-section" aria-labelledby="evaluations-title">
      <h2 id="evaluations-title">Evaluations on held-out prompts</h2>
      <Judges detail={detail} />
      <EvaluationJudge evaluations={evaluations} />
      <BestCheckpoint detail={detail} />
      {won && (
        <div className="evaluation-charts">
          <WinChart source={wins} iterations={iterations} />
          <CategoryChart evaluations={evaluations} />
        </div>
      )}
      {[detail, ...others].map((run) => (
        <div key={run.summary.id} className="evaluation-of">
          <header className="evaluation-head">
            {others.length > 0 && <h3>{run.summary.name}</h3>}
            <Button className="button-small" disabled={run.evaluations.length === 0} onClick={() => void save(run)}>
              <Download aria-hidden="true" /> Evaluations, CSV
            </Button>
          </header>
          <EvaluationTable detail={run} />
        </div>
      ))}
    </section>
  );
}

async function save({ summary }: RunDetail): Promise<void> {
  const text = await exportEvaluations(summary.id);
  if (text !== undefined) saveText(`${stemOf(summary)}-evaluations.csv`, 'text/csv', text);
}

/** Who judged, and why it should not be the judge of the training. */
function Judges({ detail: { summary, evaluations, iterations } }: { readonly detail: RunDetail }) {
  const judges = judgesOf(summary.recipe, evaluations, iterations);
  const accurate = evaluations.some(({ accuracy }) => accuracy !== null);
  return (
    <p className="quiet evaluation-judges">
      {judgesSentence(judges, accurate)} {WHY_ANOTHER_JUDGE}
      {judges.training === judges.evaluation && !accurate && ' Choose another one in the recipe, under Judge.'}
    </p>
  );
}
