import { Scale } from 'lucide-react';
import { judgeCallsOfRun, judgeCallsPerPrompt, methodOf } from '../../recipe/judge-calls';
import { JUDGE_PROMPTS } from '../../recipe/judge-prompts';
import { asksPerson, judgesOf } from '../../recipe/panel';
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

/** What goes with the judge besides its values: how often it is asked, with which words, its key, and a trial. */
export function JudgeTools({ recipe, locked }: Props) {
  const judges = judgesOf(recipe);
  const inWords = judges.some((kind) => methodOf(kind, recipe) !== null);
  return (
    <div className="judge-tools">
      <CallCount recipe={recipe} />
      {inWords && <Words recipe={recipe} />}
      {!locked && judges.includes('remote') && (
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
            <dt>Calls a prompt</dt>
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
        {limit > 0 && all > limit && ` More than the limit of ${count(limit)}: the run will wait there.`}
      </p>
    </div>
  );
}

const WORDS = [
  { method: 'comparison', field: 'comparisonPrompt', name: 'The judge that compares reads' },
  { method: 'rating', field: 'ratingPrompt', name: 'The judge that rates reads' },
] as const;

/** The page's own words, where the recipe has none; judges may be asked in both ways. */
function Words({ recipe }: { readonly recipe: Recipe }) {
  const methods = new Set(judgesOf(recipe).map((kind) => methodOf(kind, recipe)));
  const asked = WORDS.filter(({ method }) => methods.has(method));
  return asked
    .filter(({ field }) => recipe[field] === '')
    .map(({ method, field, name }) => (
      <dl key={method} className="thought-prompt">
        <dt>{asked.length > 1 ? name : 'The judge reads'}</dt>
        <dd className="thought-prompt-text">{JUDGE_PROMPTS[method]}</dd>
        <dt>
          <Button
            className="button-small"
            look="quiet"
            aria-label={
              asked.length > 1
                ? `Edit the words of the judge that ${method === 'rating' ? 'rates' : 'compares'}`
                : undefined
            }
            onClick={() => changeRecipe({ [field]: JUDGE_PROMPTS[method] })}
          >
            Edit these words
          </Button>
        </dt>
      </dl>
    ));
}
