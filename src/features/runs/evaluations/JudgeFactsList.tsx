import type { Arm } from '../../../recipe/recipe';
import type { Evaluation } from '../../../records/evaluations';
import type { JudgeFacts } from '../../../records/judgements';
import type { RunDetail } from '../../../records/runs';
import { ARM_NAME } from '../../../ui/format';
import { JudgeFactsLine } from '../../../ui/judge/JudgeFactsLine';

/** Facts about a judge that only evaluates, for each evaluation. Its control rows are part of the first evaluation. */
export function EvaluationJudgeFacts({ evaluations }: { readonly evaluations: readonly Evaluation[] }) {
  const known = evaluations.flatMap(({ iteration, arm, judgeFacts: facts }) =>
    facts === undefined ? [] : [{ iteration, arm, facts }],
  );
  return known.length === 0 ? null : <JudgeFactsList known={known} label="The judge of the evaluation" />;
}

/** Facts about a judge for each iteration and arm. @param label needed if no heading names the list */
function JudgeFactsList({
  known,
  label,
}: {
  readonly known: readonly { readonly iteration: number; readonly arm: Arm; readonly facts: JudgeFacts }[];
  readonly label?: string;
}) {
  return (
    <ul className="run-judges" aria-label={label}>
      {known.map(({ iteration, arm, facts }) => (
        <li key={`${iteration} ${arm}`}>
          <span className="run-judge-place tabular">
            Iteration {iteration}, <span className={`arm-name colour-${arm}`}>{ARM_NAME[arm]}</span>
          </span>
          <JudgeFactsLine facts={facts} />
        </li>
      ))}
    </ul>
  );
}

/** Facts about the judge of the training, for each iteration. */
export function JudgeSection({ detail }: { readonly detail: RunDetail }) {
  const judged = detail.iterations.flatMap(({ iteration, arm, judge: facts }) =>
    facts === undefined ? [] : [{ iteration, arm, facts }],
  );
  if (judged.length === 0) return null;
  return (
    <section className="panel run-section" aria-labelledby="judge-title">
      <h2 id="judge-title">The judge</h2>
      <p className="quiet">
        The model learns to write what the judge prefers. Control rows are responses whose right verdict is known: a
        judge that fails them teaches their faults.
      </p>
      <JudgeFactsList known={judged} />
    </section>
  );
}
