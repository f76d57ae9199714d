import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState, useSyncExternalStore } from 'react';
import type { Arm, Recipe } from '../../recipe/recipe';
import { MEASURE_NAMES } from '../../records/evaluations';
import { useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { rollouts } from '../../state/runs/rollout-store';
import { steps } from '../../state/runs/step-store';
import { sessionStore } from '../../state/session/session';
import { IconButton } from '../../ui/Button';
import { HELDOUT_CURVE, measureOf } from '../../ui/chart/curves';
import { ARM_NAME, count, measured, percent, subscript } from '../../ui/format';
import { useSignal } from '../../ui/useSignal';
import './loop.css';
import { isWarmedUp, type Stage, type StageState, stagesIn, stagesOf } from './loop-state';

const EXPLANATIONS: Record<Stage, string> = {
  think: 'The model writes K candidates for every prompt.',
  judge: 'The judge scores each response, never the thought.',
  pair: 'The best candidate is marked as chosen, the worst as rejected.',
  train: 'The adapter learns to prefer the chosen candidate over the rejected one (DPO).',
  evaluate: 'The new model answers held-out prompts, which it never trains on.',
  'warm up': 'The adapter learns to imitate the well-formed completions (SFT).',
};

/** The iteration of the last prompt that was started. Renders a component only when it changes. */
function useLastIteration(): number {
  return useSyncExternalStore(rollouts.subscribe, () => rollouts.entries.at(-1)?.iteration ?? 0);
}

/**
 * One iteration of the loop: the model before, a row of stages for each arm with the current stage lit, the model
 * after.
 */
export function LoopDiagram() {
  const { run, progressIteration, evaluations } = useStore(currentRunStore, (state) => ({
    run: state.run,
    progressIteration: state.progress?.iteration,
    evaluations: state.evaluations,
  }));
  const edited = useStore(sessionStore, (session) => session.recipe);
  const lastIteration = useLastIteration();
  const recipe = run?.recipe ?? edited;
  const current = Math.min(recipe.iterations, progressIteration ?? lastIteration);
  const [chosen, setChosen] = useState<number | null>(null);
  const iteration = Math.min(recipe.iterations, chosen ?? current);
  const show = (next: number) => setChosen(next === current ? null : next);
  const seed = iteration === 0;
  const stages = stagesIn(recipe, iteration);
  const warmedUp = isWarmedUp(recipe);
  const kind = measureOf(evaluations);
  const resultName = `Held-out ${MEASURE_NAMES[kind]} of M${subscript(iteration)}`;
  // The model after the iteration. Before a warm-up it is the model that was evaluated, so it is shown first.
  const result = (
    <>
      <Model number={iteration} />
      <dl className="loop-results" title={resultName} aria-label={resultName}>
        {recipe.arms.map((arm) => {
          const found = evaluations.find((e) => e.arm === arm && e.iteration === iteration);
          const value = found ? HELDOUT_CURVE[kind].value(found) : null;
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
          <IconButton label="Previous iteration" disabled={iteration === 0} onClick={() => show(iteration - 1)}>
            <ChevronLeft />
          </IconButton>
          <IconButton label="Next iteration" disabled={iteration >= current} onClick={() => show(iteration + 1)}>
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
              <th key={stage} scope="col" title={EXPLANATIONS[stage]}>
                {stage}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {recipe.arms.map((arm) => (
            <ArmRow key={arm} arm={arm} iteration={iteration} recipe={recipe} stages={stages} />
          ))}
        </tbody>
      </table>
      {!(seed && warmedUp) && result}
    </section>
  );
}

function Model({ number, warmedUp = false }: { readonly number: number; readonly warmedUp?: boolean }) {
  const before = warmedUp ? 'The model before training, with its thinking arm warmed up' : 'The model before training';
  return (
    <span className="loop-model" title={number === 0 ? before : `The model after iteration ${number}`}>
      M{subscript(number)}
    </span>
  );
}

interface ArmRowProps {
  readonly arm: Arm;
  readonly iteration: number;
  readonly recipe: Recipe;
  readonly stages: readonly Stage[];
}

/** Only the row of the arm that is at work renders on a progress event, and only when a number in it changes. */
function ArmRow({ arm, iteration, recipe, stages }: ArmRowProps) {
  useSignal(rollouts, 250);
  useSignal(steps, 250);
  const stageProgress = useStore(currentRunStore, ({ active, progress }) =>
    active && progress !== null && progress.arm === arm && progress.iteration === iteration
      ? { phase: progress.phase, done: progress.done, total: progress.total }
      : null,
  );
  const lastWarmUpStep = useStore(currentRunStore, ({ sftSteps }) => sftSteps.at(-1));
  const heldoutRows = useStore(
    sessionStore,
    ({ promptSets }) => promptSets.find((set) => set.id === recipe.heldout)?.rows ?? null,
  );
  const states = stagesOf({ arm, iteration, recipe, stageProgress, rollouts, steps, lastWarmUpStep, heldoutRows });
  return (
    <tr>
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
