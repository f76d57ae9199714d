/**
 * A field of the recipe is declared once, by one of the functions below. Its schema, its default, its words and
 * control in the page, its text form (the URL, `--set name=value`) and its part in the recipe's hash all derive from
 * that declaration.
 */
import * as v from 'valibot';

/** Sections of the recipe panel, in their order. */
export const GROUPS = [
  'What it learns from',
  'Judge',
  'Thinking',
  'Warm-up',
  'Sampling',
  'Pairs',
  'Loss',
  'Adapter',
  'Optimiser',
  'Evaluation',
  'Machine',
] as const;
export type Group = (typeof GROUPS)[number];

/** Where the models of a judge come from. */
export type JudgeModelSource =
  | {
      readonly source: 'stored';
      readonly use: 'reward' | 'embedding';
      /** Name of the model that the empty value means; null where the empty value means that none was chosen. */
      readonly bundled: string | null;
    }
  | { readonly source: 'webllm' };

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

export type Control =
  /** `auto`: the word is a value too. */
  | ({ readonly kind: 'number'; readonly whole: boolean; readonly auto?: true } & NumberRange)
  | { readonly kind: 'choice'; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: 'several'; readonly options: Readonly<Record<string, string>>; readonly code: boolean }
  | { readonly kind: 'switch' }
  | { readonly kind: 'text'; readonly long: boolean }
  /** One of the stored prompt sets, models or imported adapters. */
  | { readonly kind: 'stored'; readonly of: 'model' | 'prompts' | 'adapter' }
  | { readonly kind: 'judge-model'; readonly from: JudgeModelSource }
  /** Judges and their weights. */
  | { readonly kind: 'panel' };

/** A condition on the recipe. It names only the fields that it reads; recipe.ts checks that a recipe has them. */
export type Condition = (recipe: never) => boolean;
type Always = (recipe: unknown) => boolean;

interface Words<C extends Condition> {
  readonly label: string;
  /** One or two sentences. */
  readonly explanation: string;
  readonly group: Group;
  /** The page shows the field if this condition holds. If absent, it always shows it. */
  readonly when?: C;
  /** Rarely changed: shown below the other fields of its group. */
  readonly advanced?: true;
  /**
   * Every new field sets it: recipes stored before lack the field and are read with its default, and the hash leaves
   * the default out, so that their checkpoints stay valid.
   */
  readonly addedLater?: true;
  /** If this condition holds, the hash includes the field with any value. Otherwise the hash leaves it out. */
  readonly hashedWhen?: C;
}

export interface Declaration<Value, C extends Condition = Condition> extends Words<C> {
  readonly default: Value;
  readonly schema: v.GenericSchema<unknown, Value>;
  readonly control: Control;
  /** A value from its text form. A text of another type is returned as it is, for the schema to refuse. */
  readonly read: (text: string) => unknown;
}

type Spec<Value, C extends Condition> = Words<C> & { readonly default: NoInfer<Value> };

function declare<Value, C extends Condition>(
  spec: Spec<Value, C>,
  schema: v.GenericSchema<unknown, Value>,
  control: Control,
  read: (text: string) => unknown,
): Declaration<Value, C> {
  const stored = spec.addedLater ? v.optional(schema, () => spec.default) : schema;
  return { ...spec, schema: stored, control, read };
}

const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const readNumber = (text: string): unknown => (DECIMAL.test(text) ? Number(text) : text);

type Validate = (expected: string) => v.GenericSchema<unknown, number>;

function number<C extends Condition>(
  spec: Spec<number, C> & NumberRange,
  whole: boolean,
  validate: Validate,
): Declaration<number, C> {
  const { min, max, unit, ...words } = spec;
  const schema = validate(`expected a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`);
  const control: Control = { kind: 'number', whole, min, max, ...(unit !== undefined && { unit }) };
  return declare(words, schema, control, readNumber);
}

export const integer = <C extends Condition = Always>(spec: Spec<number, C> & NumberRange): Declaration<number, C> =>
  number(spec, true, (expected) =>
    v.pipe(v.number(expected), v.integer(expected), v.minValue(spec.min, expected), v.maxValue(spec.max, expected)),
  );

/** The value of a number that each run chooses for itself. */
export const AUTO = 'auto';
export type Auto = typeof AUTO;

/** A whole number, or `auto`. */
export function integerOrAuto<C extends Condition = Always>(
  spec: Spec<number | Auto, C> & NumberRange,
): Declaration<number | Auto, C> {
  const { min, max, ...words } = spec;
  const isValid = (value: unknown) =>
    value === AUTO || (typeof value === 'number' && Number.isInteger(value) && min <= value && value <= max);
  const schema = v.custom<number | Auto>(isValid, `expected ${AUTO} or a whole number from ${min} to ${max}`);
  return declare<number | Auto, C>(words, schema, { kind: 'number', whole: true, auto: true, min, max }, readNumber);
}

export const real = <C extends Condition = Always>(spec: Spec<number, C> & NumberRange): Declaration<number, C> =>
  number(spec, false, (expected) =>
    v.pipe(v.number(expected), v.finite(expected), v.minValue(spec.min, expected), v.maxValue(spec.max, expected)),
  );

export const flag = <C extends Condition = Always>(spec: Spec<boolean, C>): Declaration<boolean, C> =>
  declare(spec, v.boolean('expected true or false'), { kind: 'switch' }, (text) =>
    text === 'true' ? true : text === 'false' ? false : text,
  );

/** At most `max` characters. */
interface TextLength {
  readonly max: number;
}

function string<C extends Condition>(
  { max, ...words }: Spec<string, C> & TextLength,
  control: Control,
): Declaration<string, C> {
  const expected = `expected a text of at most ${max} characters`;
  return declare(words, v.pipe(v.string(expected), v.maxLength(max, expected)), control, (text) => text);
}

/** A text; `long` ones are edited in several lines. */
export const text = <C extends Condition = Always>({
  long = false,
  ...spec
}: Spec<string, C> & TextLength & { readonly long?: boolean }): Declaration<string, C> =>
  string(spec, { kind: 'text', long });

const ID_LENGTH = { max: 256 };

/** The id of a stored prompt set, model or imported adapter. */
export const storedId = <C extends Condition = Always>({
  of,
  ...spec
}: Spec<string, C> & { readonly of: 'model' | 'prompts' | 'adapter' }): Declaration<string, C> =>
  string({ ...spec, ...ID_LENGTH }, { kind: 'stored', of });

/** The id of a model that a judge runs. */
export const judgeModel = <C extends Condition = Always>({
  from,
  ...spec
}: Spec<string, C> & { readonly from: JudgeModelSource }): Declaration<string, C> =>
  string({ ...spec, ...ID_LENGTH }, { kind: 'judge-model', from });

/** Members of the panel and their weights, `rule:1,onnx:0.5`. */
export const panelMembers = <C extends Condition = Always>(
  spec: Spec<string, C> & TextLength,
): Declaration<string, C> => string(spec, { kind: 'panel' });

/** Values of a choice and the names that the page gives them. */
type Options<K extends string> = Readonly<Record<K, string>>;

/** The keys of a record whose keys are known. */
export const keysOf = <K extends string>(record: Readonly<Partial<Record<K, unknown>>>): readonly K[] =>
  Object.keys(record).filter((key): key is K => Object.hasOwn(record, key));

export interface ChoiceDeclaration<Value, K extends string, C extends Condition> extends Declaration<Value, C> {
  readonly values: readonly K[];
}

/** One of several values whose names are computed. */
export const choiceAmong = <K extends string, C extends Condition = Always>({
  values,
  nameOf,
  ...spec
}: Spec<K, C> & {
  readonly values: readonly K[];
  readonly nameOf: (value: K) => string;
}): ChoiceDeclaration<K, K, C> => {
  const options = Object.fromEntries(values.map((value) => [value, nameOf(value)]));
  const schema = v.picklist(values, `expected one of ${values.join(', ')}`);
  return { ...declare<K, C>(spec, schema, { kind: 'choice', options }, (given) => given), values };
};

/** One of several values. */
export const choice = <K extends string, C extends Condition = Always>({
  options,
  ...spec
}: Spec<K, C> & { readonly options: Options<K> }): ChoiceDeclaration<K, K, C> =>
  choiceAmong<K, C>({ ...spec, values: keysOf(options), nameOf: (value) => options[value] });

/** One or more of several values, each at most once. `code`: the names are identifiers. */
export const several = <K extends string, C extends Condition = Always>({
  options,
  code = false,
  ...spec
}: Spec<K[], C> & { readonly options: Options<K>; readonly code?: boolean }): ChoiceDeclaration<K[], K, C> => {
  const values = keysOf(options);
  const expected = `expected one or more of ${values.join(', ')}, each once`;
  const schema = v.pipe(
    v.array(v.picklist(values, expected), expected),
    v.minLength(1, expected),
    v.checkItems((item, index, items) => items.indexOf(item) === index, expected),
  );
  const read = (given: string) => (given === '' ? [] : given.split(','));
  return { ...declare<K[], C>(spec, schema, { kind: 'several', options, code }, read), values };
};
