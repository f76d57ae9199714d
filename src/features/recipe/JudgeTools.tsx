import { Scale } from 'lucide-react';
import { askedKinds, asksPerson, methodOf } from '../../recipe/judges/asked';
import { judgeCallsOfRun, judgeCallsPerPrompt } from '../../recipe/judges/calls';
import { KINDS } from '../../recipe/judges/kinds';
import { JUDGE_PROMPTS } from '../../recipe/judges/language';
import type { Recipe } from '../../recipe/recipe';
import { showTrial } from '../../state/judging/judge-trial';
import { useStore } from '../../state/react';
import { changeRecipe, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { count, plural } from '../../ui/format';
import { RemoteKey } from './RemoteKey';

interface Props {
  readonly recipe: Recipe;
  readonly locked: boolean;
}

/** Below the fields of the judge: the number of its calls, its prompts, its key, and a trial. */
export function JudgeTools({ recipe, locked }: Props) {
  const judges = askedKinds(recipe);
  const inWords = judges.some((kind) => methodOf(kind, recipe) !== null);
  return (
    <div className="judge-tools">
      <CallCount recipe={recipe} />
      {inWords && <DefaultPrompts recipe={recipe} />}
      {!locked && judges.some((kind) => KINDS[kind].model?.source === 'server') && (
        <RemoteKey
          url={recipe.remoteUrl}
          model={recipe.remoteModel}
          onModel={(remoteModel) => changeRecipe({ remoteModel })}
        />
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
  const sets = useStore(sessionStore, (session) => session.promptSets);
  const rows = sets.find(({ id }) => id === recipe.heldout)?.rows ?? 0;
  const run = judgeCallsOfRun(recipe, rows);
  if (run === null) return null;
  const perPrompt = judgeCallsPerPrompt(recipe, recipe.k);
  const controls = run.controls + run.evaluationControls;
  const all = run.training + run.evaluation + controls;
  const limit = recipe.judgeCallLimit;
  return (
    <div className="cost">
      <dl className="cost-sums">
        {perPrompt !== null && (
          <div>
            <dt>Calls per prompt</dt>
            <dd className="tabular">{count(perPrompt)}</dd>
          </div>
        )}
        <div>
          <dt>Calls of the run, at most</dt>
          <dd className="tabular">{count(all)}</dd>
        </div>
      </dl>
      <p className="field-about">
        {plural(run.training, 'call')} in training, {count(run.evaluation)} in the evaluations, {count(controls)} for
        control rows.
        {limit > 0 && all > limit && ` That is more than the limit of ${count(limit)}: the run will pause there.`}
      </p>
    </div>
  );
}

const PROMPTS = [
  { method: 'comparison', field: 'comparisonPrompt' },
  { method: 'rating', field: 'ratingPrompt' },
] as const;

/** The default prompts of the methods that the judges use and for which the recipe has no prompt. */
function DefaultPrompts({ recipe }: { readonly recipe: Recipe }) {
  const methods = new Set(askedKinds(recipe).map((kind) => methodOf(kind, recipe)));
  return PROMPTS.filter(({ method, field }) => methods.has(method) && recipe[field] === '').map(
    ({ method, field }) => (
      <dl key={method} className="thought-prompt">
        <dt>Default {method} prompt</dt>
        <dd className="thought-prompt-text">{JUDGE_PROMPTS[method]}</dd>
        <dt>
          <Button
            className="button-small"
            look="quiet"
            aria-label={methods.size > 1 ? `Edit the ${method} prompt` : undefined}
            onClick={() => changeRecipe({ [field]: JUDGE_PROMPTS[method] })}
          >
            Edit this prompt
          </Button>
        </dt>
      </dl>
    ),
  );
}
