import type { Arm } from '../../recipe/recipe';
import type { Purpose, Rollout } from '../../records/candidates';
import { ARM_NAME, subscript } from '../format';
import { NO_PAIR, wellFormedOf } from './candidate-view';

interface Props {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly instruction: string;
  readonly rollout: Rollout | null;
  /** Generated and not yet scored. */
  readonly waiting: boolean;
}

const PROMPT_NAME: Record<Purpose, (iteration: number) => string> = {
  train: (iteration) => `iteration ${iteration}, training prompt`,
  evaluate: (iteration) => `evaluation of M${subscript(iteration)}, held-out prompt`,
  'warm-up': () => 'warm-up, training prompt',
};

/** The instruction, its place in the run, and the outcome of its candidates. */
export function PromptHead({ purpose, iteration, arm, position, instruction, rollout, waiting }: Props) {
  return (
    <header className="prompt-head">
      <p className="prompt-meta">
        <span className={`arm-name colour-${arm}`}>{ARM_NAME[arm]}</span>
        <span>
          {PROMPT_NAME[purpose](iteration)} {position + 1}
        </span>
        {rollout?.prompt.category !== undefined && <span>{rollout.prompt.category}</span>}
        {rollout?.prompt.answer !== undefined && (
          <span>
            reference answer <strong>{rollout.prompt.answer}</strong>
          </span>
        )}
      </p>
      <p className="prompt-text">{instruction}</p>
      <p className="prompt-outcome">
        {waiting ? 'Scoring …' : rollout === null ? '' : `${outcome(rollout)}${controls(rollout)}`}
      </p>
    </header>
  );
}

function outcome(rollout: Rollout): string {
  if (rollout.judgement === null && rollout.purpose !== 'warm-up') return 'Waiting for the judge.';
  if (rollout.purpose === 'warm-up') return `${wellFormedOf(rollout.candidates)} well-formed.`;
  const known = rollout.candidates.filter((c) => c.correct !== null);
  const right = known.filter((c) => c.correct === true).length;
  const answers = known.length > 0 ? `${right} of ${known.length} right` : '';
  if (rollout.pair === null) return answers === '' ? '' : `${answers}.`;
  if ('none' in rollout.pair) return `${answers === '' ? '' : `${answers}. `}No pair: ${NO_PAIR[rollout.pair.none]}.`;
  const pair =
    `Pair: candidate ${rollout.pair.chosen + 1} over ` +
    `${rollout.pair.rejected + 1}${rollout.pair.rejectedMalformed ? ', which is malformed' : ''}.`;
  return answers === '' ? pair : `${answers}. ${pair}`;
}

/** How the judge did on the control rows that were mixed in with this prompt's candidates. */
function controls({ judgement }: Rollout): string {
  const tried = (judgement?.controls ?? []).filter(({ passed }) => passed !== null);
  const failed = tried.filter(({ passed }) => passed === false);
  const silent = (judgement?.controls ?? []).filter(({ none }) => none === 'no-verdict').length;
  const failures = tried.length === 0 ? '' : ` The judge failed ${failed.length} of ${tried.length} control rows.`;
  return silent === 0
    ? failures
    : `${failures} It gave no verdict on ${silent === 1 ? 'one control row' : `${silent} control rows`}.`;
}
