/**
 * The recipe: every number of a run, in one flat record, so that it reads the same in the page, in the URL, on the
 * command line (`--set name=value`), in storage and in `report.json`. Fields are declared in fields/ and judges/, once
 * each.
 */
import * as v from 'valibot';
import { type Declaration, keysOf } from './declare';
import { ARM_FIELDS, DATA_FIELDS, SIZE_FIELDS } from './fields/data';
import { EVALUATION_FIELDS, MACHINE_FIELDS } from './fields/evaluation';
import { GENERATION_FIELDS } from './fields/generation';
import { CONTROLS, EVALUATION_JUDGE, JUDGE, JUDGE_DETAILS } from './fields/judge';
import { ADAPTER_FIELDS, LOSS_FIELDS, OPTIMISER_FIELDS, PAIR_FIELDS, WARM_UP_FIELDS } from './fields/training';
import { askedKinds } from './judges/asked';
import { type JudgeKind, KINDS } from './judges/kinds';

/** All fields, in the order of stored recipes and of URLs. */
const DECLARED = {
  ...DATA_FIELDS,
  judge: JUDGE,
  ...ARM_FIELDS,
  evaluationJudge: EVALUATION_JUDGE,
  ...JUDGE_DETAILS,
  controls: CONTROLS,
  ...SIZE_FIELDS,
  ...GENERATION_FIELDS,
  ...PAIR_FIELDS,
  ...LOSS_FIELDS,
  ...ADAPTER_FIELDS,
  ...WARM_UP_FIELDS,
  ...OPTIMISER_FIELDS,
  ...EVALUATION_FIELDS,
  ...MACHINE_FIELDS,
};

type Entries = { readonly [K in keyof typeof DECLARED]: (typeof DECLARED)[K]['schema'] };

const entries = Object.entries(DECLARED);
// The only cast of this folder: `fromEntries` forgets which name has which schema.
export const RecipeSchema = v.strictObject(
  Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])) as Entries,
);
export type Recipe = v.InferOutput<typeof RecipeSchema>;

/** Every field with its default: the bundled model and prompts, three iterations of both arms. */
export const DEFAULTS: Recipe = v.parse(
  RecipeSchema,
  Object.fromEntries(entries.map(([name, field]) => [name, field.default])),
);

export type Field = Declaration<unknown, (recipe: Recipe) => boolean>;

/** The declarations by name, for code that treats all fields alike. */
export const FIELDS: { readonly [K in keyof Recipe]: Field } = DECLARED;

export const FIELD_NAMES: readonly (keyof Recipe)[] = keysOf(DECLARED);

export const isFieldName = (name: string): name is keyof Recipe => Object.hasOwn(FIELDS, name);

type OwnField = { [K in JudgeKind]: keyof (typeof KINDS)[K]['fields'] }[JudgeKind];

/** The kind that alone reads a field. */
const OWNERS = new Map<keyof Recipe, JudgeKind>(
  Object.values(KINDS).flatMap(({ kind, fields }) =>
    keysOf<OwnField>(fields).map((name): [keyof Recipe, JudgeKind] => [name, kind]),
  ),
);

/** Whether a field has an effect in the recipe: the page shows only such fields. */
export function isShown(name: keyof Recipe, recipe: Recipe): boolean {
  const owner = OWNERS.get(name);
  const inUse = owner === undefined || owner === recipe.judge || askedKinds(recipe).some((kind) => kind === owner);
  return inUse && (FIELDS[name].when?.(recipe) ?? true);
}

/** A change of one field, as a control gives it. Empty where the field does not take the value. */
export function changeOf(recipe: Recipe, name: keyof Recipe, value: unknown): Partial<Recipe> {
  const parsed = v.safeParse(RecipeSchema, { ...recipe, [name]: value });
  return parsed.success ? parsed.output : {};
}

export type Arm = Recipe['arms'][number];
export type Pairing = Recipe['pairing'];
export type LossKind = Recipe['loss'];
export type ThoughtFormat = Recipe['format'];
export type TargetModule = Recipe['targetModules'][number];

/** In the order that seeds and sorting depend on. */
export const ARMS = DECLARED.arms.values;
export const PAIRINGS = DECLARED.pairing.values;
export const LOSSES = DECLARED.loss.values;
export const TARGET_MODULES = DECLARED.targetModules.values;
