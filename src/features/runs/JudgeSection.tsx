import { ARM_NAME } from '../../ui/arm-name';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';
import type { RunDetail } from '../../worker/protocol';

/** How far the judge is to be believed, iteration by iteration. */
export function JudgeSection({ detail }: { readonly detail: RunDetail }) {
  const judged = detail.iterations.flatMap(({ iteration, arm, judge }) =>
    judge === undefined ? [] : [{ iteration, arm, judge }],
  );
  if (judged.length === 0) return null;
  return (
    <section className="panel run-section" aria-labelledby="judge-title">
      <h2 id="judge-title">The judge</h2>
      <p className="quiet">What it prefers is what the model learns: a judge that fails its control rows teaches their faults.</p>
      <ul className="run-judges">
        {judged.map(({ iteration, arm, judge }) => (
          <li key={`${iteration} ${arm}`}>
            <span className="run-judge-place tabular">
              Iteration {iteration}, <span className={`arm-name colour-${arm}`}>{ARM_NAME[arm]}</span>
            </span>
            <JudgeFactsLine facts={judge} />
          </li>
        ))}
      </ul>
    </section>
  );
}
