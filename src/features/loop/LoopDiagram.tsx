import { useState } from 'react';
import type { Arm } from '../../recipe/recipe';
import { rollouts } from '../../state/rollout-log';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { steps } from '../../state/step-log';
import { ARM_NAME } from '../../ui/candidate/PromptHead';
import { count, percent, subscript } from '../../ui/format';
import { useSignal } from '../../ui/useSignal';
import './loop.css';
import { STAGES, type Stage, type StageState, stagesOf } from './loop-state';

const EXPLAINED: Record<Stage, string> = {
  think: 'The model writes K candidates for every prompt.',
  judge: 'The judge scores each response, never the thought.',
  pair: 'The best candidate is chosen, the worst rejected.',
  train: 'The adapter learns to prefer the chosen (DPO).',
  evaluate: 'The new model answers held-out prompts.',
};

/** The loop as what it is: from one model to the next, an arm in each row, the stage at work lit. */
export function LoopDiagram() {
  useSignal(rollouts, 250);
  useSignal(steps, 250);
  const { run, progress, active, evaluations } = useRun();
  const edited = useSession((session) => session.recipe);
  const sets = useSession((session) => session.promptSets);
  const recipe = run?.recipe ?? edited;
  const current = progress?.iteration ?? run?.iterations ?? 0;
  const [chosen, setChosen] = useState<number | null>(null);
  const iteration = Math.min(recipe.iterations, chosen ?? current);
  const heldout = sets.find((set) => set.id === recipe.heldout);
  const seed = iteration === 0;

  return (
    <section className="panel loop" aria-label="The loop">
      <fieldset className="loop-models">
        <legend className="visually-hidden">Iteration shown</legend>
        {Array.from({ length: recipe.iterations + 1 }, (_, i) => (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: models are their number
            key={i}
            type="button"
            className="loop-model"
            aria-pressed={i === iteration}
            data-reached={i <= current && run !== null}
            onClick={() => setChosen(i === current ? null : i)}
            title={i === 0 ? 'The model before training' : `The model after iteration ${i}`}
          >
            M{subscript(i)}
            {active && i === current && <span className="visually-hidden"> at work</span>}
          </button>
        ))}
      </fieldset>
      <table className="loop-table">
        <caption className="visually-hidden">
          {seed ? 'Evaluation of the model before training' : `Stages of iteration ${iteration}`}, by arm
        </caption>
        <thead>
          <tr>
            <td className="loop-from">{seed ? '' : `M${subscript(iteration - 1)}`}</td>
            {STAGES.map((stage) => (
              <th key={stage} scope="col" title={EXPLAINED[stage]} className={seed && stage !== 'evaluate' ? 'loop-off' : ''}>
                {stage}
              </th>
            ))}
            <td className="loop-to">M{subscript(iteration)}</td>
          </tr>
        </thead>
        <tbody>
          {recipe.arms.map((arm) => {
            const stages = stagesOf(arm, iteration, recipe, active ? progress : null, rollouts, steps, heldout);
            const evaluation = evaluations.find((e) => e.arm === arm && e.iteration === iteration);
            return (
              <tr key={arm}>
                <th scope="row" className={`loop-arm colour-${arm}`}>
                  {ARM_NAME[arm]}
                </th>
                {STAGES.map((stage) => (
                  <td key={stage}>
                    {seed && stage !== 'evaluate' ? null : <StageCell stage={stage} arm={arm} state={stages[stage]} />}
                  </td>
                ))}
                <td className="loop-result">{evaluation?.accuracy != null ? percent(evaluation.accuracy) : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function StageCell({ stage, arm, state }: { readonly stage: Stage; readonly arm: Arm; readonly state: StageState }) {
  const { done, total, lit } = state;
  const share = total === null ? (done > 0 ? 1 : 0) : Math.min(1, done / total);
  return (
    <span className={`stage stage-${arm}`} data-lit={lit} aria-current={lit ? 'step' : undefined}>
      <span className="stage-fill" style={{ transform: `scaleX(${share})` }} />
      <span className="stage-text">
        {count(done)}
        {total !== null ? (
          <span className="stage-total"> / {count(total)}</span>
        ) : stage === 'pair' ? (
          <span className="stage-total"> pairs</span>
        ) : null}
      </span>
    </span>
  );
}
