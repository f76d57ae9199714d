import { Scale } from 'lucide-react';
import { judgeCallsOfRun, judgeCallsPerPrompt, methodOf } from '../../recipe/judge-calls';
import { JUDGE_PROMPTS } from '../../recipe/judge-prompts';
import { asksPerson, judgesOf } from '../../recipe/panel';
import type { Recipe } from '../../recipe/recipe';
import { showTrial } from '../../state/judge-trial';
import { changeRecipe, useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { count, plural } from '../../ui/format';
import { RemoteKey } from './RemoteKey';

interface Props {
  readonly recipe: Recipe;
  readonly locked: boolean;
}

/** What goes with the judge besides its values: how often it is asked, with which words, its key, and a trial. */
export function JudgeTools({ recipe, locked }: Props) {
  const judges = judgesOf(recipe);
  const inWords = judges.some((kind) => methodOf(kind, recipe) !== null);
  return (
    <div className="judge-tools">
      <CallCount recipe={recipe} />
      {inWords && <Words recipe={recipe} />}
      {!locked && judges.includes('remote') && (
        <RemoteKey url={recipe.remoteUrl} model={recipe.remoteModel} onModel={(remoteModel) => changeRecipe({ remoteModel })} />
      )}
      {!locked && !asksPerson(recipe) && (
        <Button className="button-small" onClick={showTrial}>
          <Scale aria-hidden="true" /> Try this judge on two responses
        </Button>
      )}
    </div>
  );
}

function CallCount({ recipe }: { readonly recipe: Recipe }) {
  const sets = useSession((session) => session.promptSets);
  const perPrompt = judgeCallsPerPrompt(recipe, recipe.k);
  if (perPrompt === null) return null;
  const rows = sets.find(({ id }) => id === recipe.heldout)?.rows ?? 0;
  const heldout = recipe.evaluationPrompts === 0 ? rows : Math.min(rows, recipe.evaluationPrompts);
  const run = judgeCallsOfRun(recipe, heldout);
  if (run === null) return null;
  const all = run.training + run.evaluation + run.controls;
  const limit = recipe.judgeCallLimit;
  return (
    <div className="cost">
      <dl className="cost-sums">
        <div>
          <dt>Calls a prompt</dt>
          <dd className="tabular">{count(perPrompt)}</dd>
        </div>
        <div>
          <dt>Calls of the run, at most</dt>
          <dd className="tabular">{count(all)}</dd>
        </div>
      </dl>
      <p className="field-about">
        {plural(run.training, 'call')} in training, {count(run.evaluation)} in the evaluations, {count(run.controls)} for control
        rows.
        {limit > 0 && all > limit && ` More than the limit of ${count(limit)}: the run will wait there.`}
      </p>
    </div>
  );
}

/** The page's own words, where the recipe has none. */
function Words({ recipe }: { readonly recipe: Recipe }) {
  const comparison = judgesOf(recipe).some((kind) => methodOf(kind, recipe) === 'comparison');
  const own = comparison ? recipe.comparisonPrompt : recipe.ratingPrompt;
  if (own !== '') return null;
  return (
    <dl className="thought-prompt">
      <dt>The judge reads</dt>
      <dd className="thought-prompt-text">{comparison ? JUDGE_PROMPTS.comparison : JUDGE_PROMPTS.rating}</dd>
      <dt>
        <Button
          className="button-small"
          look="quiet"
          onClick={() =>
            changeRecipe(comparison ? { comparisonPrompt: JUDGE_PROMPTS.comparison } : { ratingPrompt: JUDGE_PROMPTS.rating })
          }
        >
          Edit these words
        </Button>
      </dt>
    </dl>
  );
}
