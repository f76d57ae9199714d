import type { RunDetail } from '../../records/runs';
import { JudgeFactsList } from './JudgeFactsList';

/** How far the judge is to be believed, iteration by iteration. */
export function JudgeSection({ detail }: { readonly detail: RunDetail }) {
  const judged = detail.iterations.flatMap(({ iteration, arm, judge: facts }) =>
    facts === undefined ? [] : [{ iteration, arm, facts }],
  );
  if (judged.length === 0) return null;
  return (
    <section className="panel run-section" aria-labelledby="judge-title">
      <h2 id="judge-title">The judge</h2>
      <p className="quiet">
        What it prefers is what the model learns: a judge that fails its control rows teaches their faults.
      </p>
      <JudgeFactsList known={judged} />
    </section>
  );
}
