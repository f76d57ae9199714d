import type { Evaluation } from '../../records/evaluations';
import { JudgeFactsList } from './JudgeFactsList';

/** How far a judge that only evaluates is to be believed, evaluation by evaluation; its control rows are with the seed model's. */
export function EvaluationJudge({ evaluations }: { readonly evaluations: readonly Evaluation[] }) {
  const known = evaluations.flatMap(({ iteration, arm, judgeFacts: facts }) =>
    facts === undefined ? [] : [{ iteration, arm, facts }],
  );
  return known.length === 0 ? null : <JudgeFactsList known={known} label="The judge of the evaluation" />;
}
