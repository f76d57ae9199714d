/** The record of a judge kind: everything about the kind except how it is opened, which is in src/judges. */
import type { Declaration, JudgeModelSource } from '../declare';

/** How a judge that is asked in words is asked: to rate one response, or to choose the better one of two. */
export type JudgeMethod = 'rating' | 'comparison';

/** The field that names a judge: of the training, or of the evaluation. */
export type JudgeRoleField = 'judge' | 'evaluationJudge';

export interface FieldFault<F extends string = string> {
  readonly field: F;
  /** A sentence. */
  readonly message: string;
}

export interface Advice<F extends string = string> {
  /** A sentence. */
  readonly advice: string;
  /** The field to change. */
  readonly field: F;
}

/** The models that a kind runs, and the field that names one of them. */
export type JudgeModelField = (
  | JudgeModelSource
  /** At an OpenAI-compatible address. */
  | { readonly source: 'server' }
  /** The policy's own base weights. */
  | { readonly source: 'policy' }
) & { readonly field: string };

/** A judge that comes with the page, for the list of judges in Models. */
export interface IncludedJudge {
  readonly name: string;
  /** Size of what is fetched to run it, in bytes. 0: nothing is fetched. */
  readonly bytes: number;
  /** A sentence. */
  readonly about: string;
}

/**
 * Functions take a recipe, and name only the fields that they read. CONTRIBUTING.md, "A judge", lists the steps to add
 * a kind.
 */
export interface JudgeKindRecord {
  /** As in the recipe and in the records of runs. */
  readonly kind: string;
  /** In the recipe panel. */
  readonly label: string;
  /** Ends the name of a run: `tiny-thinker, rule judge`. */
  readonly runName: (recipe: never) => string;
  /** For the model card, after "here it is". */
  readonly description: string;
  /** null: it needs a model or an address of the user's. */
  readonly included: IncludedJudge | null;
  /** Fields of the recipe that only this kind reads. The page shows them where a recipe asks this kind. */
  readonly fields: Readonly<Record<string, Pick<Declaration<unknown>, 'label' | 'explanation' | 'group'>>>;
  /** Whether it may judge the evaluation. A person is not asked hundreds of questions. */
  readonly evaluates: boolean;
  /** Whether it applies the checks of a prompt to its reference answer. */
  readonly appliesChecks: boolean;
  /**
   * Questions that it is asked. `none`: it looks at all candidates at once. `score`: a model scores each response.
   * `comparison`: in words, which of two responses is better. `chosen`: in words, by the recipe's `judgeMethod`.
   * `members`: those of the panel's members.
   */
  readonly method: 'none' | 'score' | 'comparison' | 'chosen' | 'members';
  /**
   * When it can be asked. `at-once`: at any time. `policy-idle`: while the policy generates nothing. `patient`: when a
   * person finds the time. null: when its slowest member can be asked.
   */
  readonly pace: 'at-once' | 'policy-idle' | 'patient' | null;
  /** Whether the recipe limits its calls: how many at once, how many in a run, and how long its replies may be. */
  readonly limited: boolean;
  /** null: it runs no model. */
  readonly model: JudgeModelField | null;
  /** Fields of the recipe that decide how long an answer takes. */
  readonly timedBy: readonly string[];
  /**
   * Why a recipe cannot use this kind: a model or an address is not set. Whether the model is stored is checked
   * elsewhere (src/worker/judges/judge-library.ts).
   */
  readonly fault: (recipe: never) => FieldFault | null;
  /** The recommended change if the judge turns out to be unreliable. */
  readonly remedy: (recipe: never, role: JudgeRoleField) => Advice;
}

/** For sentences. */
export const roleName = (role: JudgeRoleField): string =>
  role === 'judge' ? 'the judge' : 'the judge of the evaluation';

/** The remedy for a model that is too small to judge. */
export const largerModel = (role: JudgeRoleField): Advice<JudgeRoleField> => ({
  advice:
    `Choose a language model of 3 billion parameters or more as ${roleName(role)}: ` +
    'one in WebLLM, or one at an address.',
  field: role,
});
