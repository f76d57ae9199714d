/** The list of judge kinds. Everything that treats all kinds alike derives from it. */
import { keysOf } from '../declare';
import { human } from './human';
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

/** Fields that only one kind reads, in the order of the recipe. The panel's own come last. */
export const SINGLE_KIND_FIELDS = {
  ...rule.fields,
  ...onnx.fields,
  ...similarity.fields,
  ...webllm.fields,
  ...remote.fields,
  ...self.fields,
  ...human.fields,
};

export type JudgeKind = keyof typeof KINDS;
export type SingleKind = keyof typeof SINGLE;
export type EvaluationKind = Extract<(typeof KINDS)[JudgeKind], { readonly evaluates: true }>['kind'];

/** Each record is listed under its own name. */
KINDS satisfies { readonly [K in JudgeKind]: { readonly kind: K } };

export const JUDGES = keysOf(KINDS);

/** `same`: the judge of the training. */
export const EVALUATION_JUDGES = [
  'same',
  ...JUDGES.filter((kind): kind is EvaluationKind => KINDS[kind].evaluates),
] as const;
export type EvaluationJudge = (typeof EVALUATION_JUDGES)[number];
