import { ARM_NAME } from '../../ui/arm-name';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';
import type { Evaluation } from '../../worker/protocol';

/** How far a judge that only evaluates is to be believed, evaluation by evaluation; its control rows are with the seed model's. */
export function EvaluationJudge({ evaluations }: { readonly evaluations: readonly Evaluation[] }) {
  const known = evaluations.flatMap(({ iteration, arm, judgeFacts }) =>
    judgeFacts === undefined ? [] : [{ iteration, arm, judgeFacts }],
  );
  if (known.length === 0) return null;
  return (
    <ul className="run-judges" aria-label="The judge of the evaluation">
      {known.map(({ iteration, arm, judgeFacts }) => (
        <li key={`${iteration} ${arm}`}>
          <span className="run-judge-place tabular">
            Iteration {iteration}, <span className={`arm-name colour-${arm}`}>{ARM_NAME[arm]}</span>
          </span>
          <JudgeFactsLine facts={judgeFacts} />
        </li>
      ))}
    </ul>
  );
}
