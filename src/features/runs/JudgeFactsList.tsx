import type { Arm } from '../../recipe/recipe';
import type { JudgeFacts } from '../../records/judgements';
import { ARM_NAME } from '../../ui/arm-name';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';

/** What is known of a judge, iteration by iteration. @param label where no heading names it */
export function JudgeFactsList({
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
