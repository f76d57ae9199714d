/**
 * The list of judge kinds. Everything that treats all kinds alike derives from it. CONTRIBUTING.md, "A judge", lists
 * the steps to add a kind.
 */
import { keysOf } from '../declare';
import { human } from './human';
import type { IncludedJudge } from './kind';
import { onnx } from './onnx';
import { panelOf } from './panel';
import { remote } from './remote';
import { rule } from './rule';
import { self } from './self';
import { similarity } from './similarity';
import { webllm } from './webllm';

/** Kinds that judge by themselves, and may be members of a panel. */
const SINGLE = { rule, onnx, similarity, webllm, remote, self, human };

export const PANEL_KINDS = keysOf(SINGLE);

export const KINDS = { ...SINGLE, panel: panelOf(PANEL_KINDS) };

type SingleKindField = { [K in SingleKind]: keyof (typeof SINGLE)[K]['fields'] }[SingleKind];

/**
 * Fields that only one kind reads, in the order of the recipe. They are spread one kind after the other so that each
 * keeps its type; the compiler reports a kind that is missing. The panel's own fields are not among them: they come
 * after the fields that several kinds read.
 */
export const SINGLE_KIND_FIELDS = {
  ...rule.fields,
  ...onnx.fields,
  ...similarity.fields,
  ...webllm.fields,
  ...remote.fields,
  ...self.fields,
  ...human.fields,
};

SINGLE_KIND_FIELDS satisfies { readonly [F in SingleKindField]: unknown };

export type JudgeKind = keyof typeof KINDS;
export type SingleKind = keyof typeof SINGLE;
export type EvaluationKind = Extract<(typeof KINDS)[JudgeKind], { readonly evaluates: true }>['kind'];

/** Each record is listed under its own name. */
KINDS satisfies { readonly [K in JudgeKind]: { readonly kind: K } };

export const JUDGES = keysOf(KINDS);

/** The judges that come with the page. */
export const INCLUDED_JUDGES: readonly IncludedJudge[] = Object.values(KINDS).flatMap(
  ({ included }) => included ?? [],
);

/** Fields that name a judge model in the browser's storage. */
export const STORED_JUDGE_FIELDS = Object.values(KINDS).flatMap(({ model }) =>
  model?.source === 'stored' ? [model.field] : [],
);

/** `same`: the judge of the training. */
export const EVALUATION_JUDGES = [
  'same',
  ...JUDGES.filter((kind): kind is EvaluationKind => KINDS[kind].evaluates),
] as const;
export type EvaluationJudge = (typeof EVALUATION_JUDGES)[number];
