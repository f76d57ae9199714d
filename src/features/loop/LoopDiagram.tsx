import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { Arm } from '../../recipe/recipe';
import { MEASURE_NAMES } from '../../records/heldout-measure';
import { rollouts } from '../../state/rollout-log';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { steps } from '../../state/step-log';
import { ARM_NAME } from '../../ui/arm-name';
import { IconButton } from '../../ui/Button';
import { HERO, heroKind } from '../../ui/chart/curves';
import { count, measured, percent, subscript } from '../../ui/format';
import { useSignal } from '../../ui/useSignal';
import './loop.css';
import { isWarmedUp, type Stage, type StageState, stagesIn, stagesOf } from './loop-state';

const EXPLAINED: Record<Stage, string> = {
  think: 'The model writes K candidates for every prompt.',
  judge: 'The judge scores each response, never the thought.',
  pair: 'The best candidate is chosen, the worst rejected.',
  train: 'The adapter learns to prefer the chosen (DPO).',
  evaluate: 'The new model answers held-out prompts.',
  'warm up': 'The adapter learns to imitate the completions that are well-formed (SFT).',
};

/** The loop as what it is: from one model to the next, an arm in each row, the stage at work lit. */
export function LoopDiagram() {
  useSignal(rollouts, 250);
  useSignal(steps, 250);
  const { run, progress, active, evaluations, sftSteps } = useRun();
  const edited = useSession((session) => session.recipe);
  const sets = useSession((session) => session.promptSets);
  const recipe = run?.recipe ?? edited;
  const current = Math.min(recipe.iterations, progress?.iteration ?? rollouts.entries.at(-1)?.iteration ?? 0);
  const [chosen, setChosen] = useState<number | null>(null);
  const iteration = Math.min(recipe.iterations, chosen ?? current);
  const show = (next: number) => setChosen(next === current ? null : next);
  const heldout = sets.find((set) => set.id === recipe.heldout);
  const seed = iteration === 0;
  const stages = stagesIn(recipe, iteration);
  const warmedUp = isWarmedUp(recipe);
  const kind = heroKind(evaluations);
  const resultName = `Held-out ${MEASURE_NAMES[kind]} of M${subscript(iteration)}`;
  // The model that the iteration leads to; of a warm-up the one that it begins with, which is what was evaluated.
  const result = (
    <>
      <Model number={iteration} />
      <dl className="loop-results" title={resultName} aria-label={resultName}>
        {recipe.arms.map((arm) => {
          const found = evaluations.find((e) => e.arm === arm && e.iteration === iteration);
          const value = found ? HERO[kind].value(found) : null;
          return (
            <div key={arm} className={`colour-${arm}`}>
              <dt className="visually-hidden">{ARM_NAME[arm]}</dt>
              <dd>{value === null ? '–' : kind === 'score' ? measured(value) : percent(value)}</dd>
            </div>
          );
        })}
      </dl>
    </>
  );

  return (
    <section className="loop" aria-label="The loop">
      <div className="loop-step">
        <span className="loop-caption">
          {seed ? 'Before training' : `Iteration ${iteration} of ${recipe.iterations}`}
        </span>
        <span>
          <IconButton label="Iteration before" disabled={iteration === 0} onClick={() => show(iteration - 1)}>
            <ChevronLeft />
          </IconButton>
          <IconButton label="Iteration after" disabled={iteration >= current} onClick={() => show(iteration + 1)}>
            <ChevronRight />
          </IconButton>
        </span>
      </div>
      {!seed && <Model number={iteration - 1} warmedUp={iteration === 1 && warmedUp} />}
      {seed && warmedUp && result}
      <table className="loop-table">
        <caption className="visually-hidden">
          {seed
            ? `Evaluation${warmedUp ? ' and warm-up' : ''} of the model before training`
            : `Stages of iteration ${iteration}`}
          , by arm
        </caption>
        <thead>
          <tr>
            <td className="loop-arms" />
            {stages.map((stage) => (
              <th key={stage} scope="col" title={EXPLAINED[stage]}>
                {stage}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {recipe.arms.map((arm) => {
            const states = stagesOf(
              arm,
              iteration,
              recipe,
              active ? progress : null,
              rollouts,
              steps,
              sftSteps,
              heldout,
            );
            return (
              <tr key={arm}>
                <th scope="row" className={`loop-arm colour-${arm}`}>
                  {ARM_NAME[arm]}
                </th>
                {stages.map((stage) => (
                  <td key={stage}>
                    <StageCell stage={stage} arm={arm} state={states[stage]} />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {!(seed && warmedUp) && result}
    </section>
  );
}

function Model({ number, warmedUp = false }: { readonly number: number; readonly warmedUp?: boolean }) {
  const before = warmedUp ? 'The model before training, its thinking arm warmed up' : 'The model before training';
  return (
    <span className="loop-model" title={number === 0 ? before : `The model after iteration ${number}`}>
      M{subscript(number)}
    </span>
  );
}

interface StageCellProps {
  readonly stage: Stage;
  readonly arm: Arm;
  readonly state: StageState;
}

function StageCell({ stage, arm, state: { done, total, lit } }: StageCellProps) {
  const share = total === null || total === 0 ? 0 : Math.min(1, done / total);
  const rest = stage === 'pair' ? (done === 1 ? ' pair' : ' pairs') : total === null ? '' : ` / ${count(total)}`;
  return (
    <span className={`stage stage-${arm}`} data-lit={lit} aria-current={lit ? 'step' : undefined}>
      <span className="stage-fill" style={{ transform: `scaleX(${share})` }} />
      <span className="stage-text">
        {done === 0 && total === null ? '–' : count(done)}
        <span className="stage-total">{rest}</span>
      </span>
    </span>
  );
}
