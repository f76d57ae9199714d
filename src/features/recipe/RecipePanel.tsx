import { X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { GROUPS, type Group } from '../../recipe/declare';
import { PRESET_NAMES, PRESETS, type PresetName } from '../../recipe/presets';
import { FIELD_NAMES, FIELDS, isShown, type Recipe } from '../../recipe/recipe';
import { choosePresetForModel } from '../../state/models/model-actions';
import { useStore } from '../../state/react';
import { currentRunStore, isActive } from '../../state/runs/current-run';
import { adoptRecipe, changeRecipe, differs, focusField, sessionStore } from '../../state/session/session';
import { settingsStore } from '../../state/session/settings';
import { Button, IconButton } from '../../ui/Button';
import { Cost } from './Cost';
import { FieldRow } from './FieldRow';
import { JudgeTools } from './JudgeTools';
import './recipe.css';
import { ThoughtPromptText } from './ThoughtPromptText';
import { TryFormat } from './TryFormat';

const PRESET_NAME: Record<PresetName, string> = {
  quick: 'Quick: the demo for slow devices',
  standard: 'Standard: the demo',
  paper: 'Paper: the numbers of TPO',
  careful: 'Careful: small steps, close to the reference',
  fast: 'Fast: to check that it runs',
};

/** Every field of the recipe, and what a run of it costs. During a run its recipe is shown, and cannot be changed. */
export function RecipePanel() {
  const session = useStore(sessionStore, ({ recipe, preset, fault, estimate }) => ({
    ...{ recipe, preset, fault },
    lanes: estimate?.lanes,
  }));
  const state = useStore(currentRunStore, (current) => ({ run: current.run, active: isActive(current) }));
  const locked = state.active && state.run !== null;
  const recipe = locked && state.run !== null ? state.run.recipe : session.recipe;
  const lanes = (locked ? state.run?.lanes : session.lanes) ?? null;
  const [open, setOpen] = useState<ReadonlySet<Group>>(new Set<Group>(['What it learns from']));
  const host = useRef<HTMLElement>(null);
  const focused = useStore(sessionStore, (session) => session.fieldToFocus);

  // Focuses the field after its group has opened, once.
  useEffect(() => {
    if (focused === null) return;
    if (!open.has(FIELDS[focused].group)) {
      setOpen((before) => new Set(before).add(FIELDS[focused].group));
      return;
    }
    const target = host.current?.querySelector<HTMLElement>(`#field-${focused}`);
    target?.scrollIntoView({ block: 'center' });
    target?.focus();
    sessionStore.setState({ fieldToFocus: null });
  }, [focused, open]);

  return (
    <aside ref={host} className="panel recipe" aria-labelledby="recipe-title">
      <header className="recipe-head">
        <h2 id="recipe-title">Recipe</h2>
        {locked ? <span className="tag">of this run</span> : null}
        <IconButton label="Close the recipe" onClick={() => settingsStore.setState({ recipeOpen: false })}>
          <X />
        </IconButton>
      </header>
      <div className="recipe-body scroll">
        <p className="quiet">
          Thought Preference Optimization: the model is asked to write down its thoughts before it responds. Several
          outputs are sampled, the response parts alone are judged, and the best and the worst whole outputs become a
          preference pair to train on.
        </p>
        {!locked && (
          <label className="recipe-preset">
            <span className="field-label">Start from</span>
            <select
              className="input"
              value={session.preset}
              onChange={(event) => choosePresetForModel(presetNamed(event.currentTarget.value))}
            >
              {PRESET_NAMES.map((name) => (
                <option key={name} value={name}>
                  {PRESET_NAME[name]}
                </option>
              ))}
            </select>
          </label>
        )}
        {!locked && state.run !== null && state.run.recipe !== session.recipe && (
          <Button className="button-small" onClick={() => state.run && adoptRecipe(state.run.recipe)}>
            Use the recipe of {state.run.name}
          </Button>
        )}
        {!locked && <Cost onShow={focusField} />}
        {GROUPS.map((group) => {
          const names = fieldsOf(group, recipe);
          if (names.length === 0) return null;
          const changed = names.filter((name) => differs(name, recipe, session.preset)).length;
          return (
            <details
              key={group}
              className="recipe-group"
              open={open.has(group)}
              onToggle={(event) => {
                const now = event.currentTarget.open;
                setOpen((before) => {
                  if (before.has(group) === now) return before;
                  const next = new Set(before);
                  if (now) next.add(group);
                  else next.delete(group);
                  return next;
                });
              }}
            >
              <summary>
                <h3>{group}</h3>
                {changed > 0 && !locked && <span className="tag">{changed} changed</span>}
              </summary>
              {names.map((name) => (
                <FieldRow
                  key={name}
                  name={name}
                  field={FIELDS[name]}
                  recipe={recipe}
                  changed={differs(name, recipe, session.preset)}
                  locked={locked}
                  chosen={lanes}
                  fault={session.fault?.field === name && !locked ? session.fault.message : null}
                  onChange={changeRecipe}
                  onReset={() => changeRecipe({ [name]: PRESETS[session.preset][name] })}
                />
              ))}
              {group === 'Judge' && <JudgeTools recipe={recipe} locked={locked} />}
              {group === 'Thinking' && <ThoughtPromptText recipe={recipe} />}
              {group === 'Thinking' && !locked && <TryFormat />}
            </details>
          );
        })}
      </div>
    </aside>
  );
}

/** The fields that a group shows: those that are rarely changed come last. */
function fieldsOf(group: Group, recipe: Recipe): readonly (keyof Recipe)[] {
  const names = FIELD_NAMES.filter((name) => FIELDS[name].group === group && isShown(name, recipe));
  return names.toSorted((a, b) => Number(FIELDS[a].advanced ?? false) - Number(FIELDS[b].advanced ?? false));
}

function presetNamed(value: string): PresetName {
  return PRESET_NAMES.find((name) => name === value) ?? 'quick';
}
