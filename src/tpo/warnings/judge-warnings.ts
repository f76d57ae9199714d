/** Warnings about an unreliable judge, with advice. */

import { isCheckable } from '../../judges/rule';
import { sum } from '../../lib/statistics';
import { percent } from '../../lib/text';
import { evaluatorOf } from '../../recipe/judges/asked';
import { type JudgeRoleField, roleName } from '../../recipe/judges/kind';
import { type JudgeKind, KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { Rollout } from '../../records/candidates';
import type { ControlName, JudgeFacts } from '../../records/judgements';
import type { Warning } from '../../records/progress';

/** Thresholds beyond which a judge is unreliable. They need at least `FEWEST_CASES` cases. */
const CONTROLS_FAILED = 1 / 3;
const CONTROLS_SILENT = 1 / 3;
const ORDER_DECIDES = 0.5;
const LENGTH_DECIDES = 0.5;
const AGREES = 0.6;
const FEWEST_CASES = 6;
/** The rule is recommended if it can check at least this share of the prompts. The others make no pairs. */
const NEARLY_ALL = 0.95;

const CONTROLS: readonly (readonly [ControlName, string])[] = [
  ['empty', 'an empty response'],
  ['colon', 'a lone colon'],
  ['truncated', 'a response cut to a third'],
  ['choose-a', 'a response that tells it what to choose'],
  ['identical', 'the same response twice'],
  ['repeated', 'the question repeated'],
];

type Chosen = Pick<Recipe, 'judge' | 'evaluationJudge' | 'judgeMethod' | 'webllmModel' | 'remoteModel'>;
type Advice = Pick<Warning, 'advice' | 'field'>;

const SHORTER: Advice = {
  advice: 'Raise the length control ρ, so that longer responses need to be better.',
  field: 'rho',
};
const OFF: Advice = { advice: 'Take it off the panel, or let it weigh less.', field: 'panel' };

/** Which judge it is: that of the training, or that of the evaluation if it is another one. */
export type JudgeRole = 'training' | 'evaluation';

/** The share of prompts whose responses the rule can check. */
export function checkableShare(rollouts: readonly Pick<Rollout, 'prompt'>[]): number {
  return rollouts.length === 0 ? 0 : rollouts.filter(({ prompt }) => isCheckable(prompt)).length / rollouts.length;
}

/** The kind to recommend in place of an unreliable one. */
function betterChoice(kind: JudgeKind, recipe: Chosen, checkable: number, field: JudgeRoleField): Advice {
  if (checkable >= NEARLY_ALL && !KINDS[kind].appliesChecks) {
    return { advice: `The rule can check these prompts: choose the rule as ${roleName(field)}.`, field };
  }
  return KINDS[kind].remedy(recipe, field);
}

/**
 * @param facts of one arm iteration
 * @param checkable share of its prompts that the rule can check
 */
export function judgeWarnings(
  facts: JudgeFacts,
  recipe: Chosen,
  checkable: number,
  role: JudgeRole = 'training',
): Warning[] {
  const field = role === 'training' ? 'judge' : 'evaluationJudge';
  const kind = role === 'training' ? recipe.judge : evaluatorOf(recipe);
  const better = betterChoice(kind, recipe, checkable, field);
  const name = roleName(field);
  // Length control only affects the training.
  const longer = role === 'training' ? SHORTER : better;
  const { members = [] } = facts;
  // The order of responses affects a panel's members, not the panel itself.
  const judgeItself = members.length > 0 ? { ...facts, positionBias: null } : facts;
  const warnings = [
    ...warningsOf(judgeItself, name, better, longer, checkable),
    ...members.flatMap((member) => {
      const found = warningsOf(member, 'a judge of the panel', OFF, longer, checkable);
      return found.map((one) => ({ ...one, code: `${one.code}-${member.judge}` }));
    }),
  ];
  return role === 'training' ? warnings : warnings.map((one) => ({ ...one, code: `evaluation-${one.code}` }));
}

/** @param longer advice if longer responses score higher */
function warningsOf(facts: JudgeFacts, name: string, better: Advice, longer: Advice, checkable: number): Warning[] {
  const warnings: Warning[] = [];
  const judge = `${name} (${facts.judge})`;
  const Judge = judge.charAt(0).toUpperCase() + judge.slice(1);

  const controls = CONTROLS.flatMap(([control, words]) => {
    const count = facts.controls[control];
    return count === undefined ? [] : [{ words, ...count }];
  });
  const failed = sum(controls.map((c) => c.failed));
  const of = sum(controls.map((c) => c.of));
  const [worst] = controls.sort((a, b) => b.failed / b.of - a.failed / a.of);
  if (worst !== undefined && of >= FEWEST_CASES && failed > CONTROLS_FAILED * of) {
    warnings.push({
      code: 'judge-fails-controls',
      message: `${Judge} failed ${failed} of ${of} control rows, most often on ${worst.words}.`,
      ...better,
    });
  }

  const { silentControls: silent = 0 } = facts;
  if (of + silent >= FEWEST_CASES && silent > CONTROLS_SILENT * (of + silent)) {
    warnings.push({
      code: 'judge-silent-on-controls',
      message: `${Judge} came to no verdict on ${silent} of ${of + silent} control rows.`,
      ...better,
    });
  }

  const { positionBias: position } = facts;
  if (position !== null && position.of >= FEWEST_CASES && position.share > ORDER_DECIDES) {
    warnings.push({
      code: 'judge-by-order',
      message:
        `In ${percent(position.share)} of ${position.of} comparisons, ` +
        `the order in which the responses were shown changed the verdict of ${judge}.`,
      ...better,
    });
  }

  if (facts.agreement !== null && facts.agreement.of >= FEWEST_CASES && facts.agreement.share < AGREES) {
    warnings.push({
      code: 'judge-against-rule',
      message:
        `${Judge} scored the right response above the wrong one ` +
        `in ${percent(facts.agreement.share)} of ${facts.agreement.of} cases; 50% is chance.`,
      ...better,
    });
  }

  // If the rule knows which answers are right, the right ones may indeed be longer.
  if (checkable < NEARLY_ALL && facts.lengthBias !== null && Math.abs(facts.lengthBias) > LENGTH_DECIDES) {
    warnings.push({
      code: 'judge-by-length',
      message: `The scores of ${judge} follow the length of the response: correlation ${facts.lengthBias.toFixed(2)}.`,
      ...(facts.lengthBias > 0 ? longer : better),
    });
  }
  return warnings;
}
