/**
 * The recipe: every number of a run, in one flat record, so that it reads the same in the page, in the URL's hash,
 * on the command line (`--set name=value`), in storage and in `report.json`.
 */
import * as v from 'valibot';

export const ARMS = ['thinking', 'direct'] as const;
export const JUDGES = ['rule', 'onnx', 'similarity', 'webllm', 'remote', 'self', 'human', 'panel'] as const;
/** A person is not asked to evaluate, and `same` is the judge of the training. */
export const EVALUATION_JUDGES = ['same', 'rule', 'onnx', 'similarity', 'webllm', 'remote', 'self'] as const;
/** How a judge that is asked in words is asked: for a number, or for the better one of two. */
export const JUDGE_METHODS = ['rating', 'comparison'] as const;
/** Which candidates are compared with each other. */
export const PAIRINGS = ['all', 'baseline', 'swiss'] as const;
export const FORMATS = ['generic', 'specific', 'think', 'custom'] as const;
export const LOSSES = ['sigmoid', 'ipo', 'hinge', 'robust', 'sigmoid_norm', 'apo_zero'] as const;
export const SCHEDULES = ['cosine', 'constant'] as const;
export const TARGET_MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

const integer = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const real = (min: number, max: number) => v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max));
const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

export const RecipeSchema = v.strictObject({
  /** Bundled model's name, or the id of a stored one. */
  model: text(256),
  /** Ids of prompt sets: trained on, and held out. */
  prompts: text(256),
  heldout: text(256),
  judge: v.picklist(JUDGES),
  /** `direct` is the paper's baseline: the same pipeline without thoughts. */
  arms: v.pipe(
    v.array(v.picklist(ARMS)),
    v.minLength(1),
    v.maxLength(2),
    v.checkItems((x, i, a) => a.indexOf(x) === i),
  ),
  seed: integer(0, 0xffffffff),

  /** Of the evaluation. Recipes of before have no fields of the judges but `judge`. */
  evaluationJudge: v.optional(v.picklist(EVALUATION_JUDGES), 'same'),
  /** A stored judge's id; '': the bundled tiny-judge. */
  onnxModel: v.optional(text(256), ''),
  /** How a stored reward model reads: a text with {instruction} and {response}; '': its own chat template, or a pair of texts. */
  onnxTemplate: v.optional(text(8192), ''),
  /** Name or number of the label that is the score; '': the last. */
  onnxLabel: v.optional(text(256), ''),
  /** A stored sentence-embedding model's id. */
  similarityModel: v.optional(text(256), ''),
  /** WebLLM's name of a model. */
  webllmModel: v.optional(text(256), ''),
  /** OpenAI-compatible: base address (`http://localhost:8080/v1`) and the model's name there. Never a key. */
  remoteUrl: v.optional(text(2048), ''),
  remoteModel: v.optional(text(256), ''),
  judgeMethod: v.optional(v.picklist(JUDGE_METHODS), 'comparison'),
  pairing: v.optional(v.picklist(PAIRINGS), 'all'),
  swissRounds: v.optional(integer(1, 10), 3),
  /** What a judge is asked; '': the page's own words. */
  ratingPrompt: v.optional(text(8192), ''),
  comparisonPrompt: v.optional(text(8192), ''),
  /** Longest reply of a remote judge, in tokens. */
  judgeReplyTokens: v.optional(integer(1, 4096), 256),
  /** Calls of a remote judge that are under way at once. */
  judgeConcurrency: v.optional(integer(1, 64), 4),
  /** Of a remote judge over a whole run; 0: no limit. */
  judgeCallLimit: v.optional(integer(0, 10_000_000), 0),
  judgeTokenLimit: v.optional(integer(0, 1_000_000_000), 0),
  /** Judges and their weights, `rule:1,onnx:0.5`. */
  panel: v.optional(text(512), ''),
  /** Prompts of each iteration and arm whose judge also sees control rows. */
  controls: v.optional(integer(0, 1000), 4),

  iterations: integer(1, 100),
  promptsPerIteration: integer(1, 100_000),
  /** Candidates per prompt. */
  k: integer(2, 64),

  /** Thought prompt of the thinking arm; `custom` takes the next three fields. */
  format: v.picklist(FORMATS),
  thoughtPrompt: text(8192),
  thoughtMarker: text(256),
  responseMarker: text(256),

  temperature: real(0, 5),
  topP: real(0.01, 1),
  /** 0: off. */
  topK: integer(0, 1_000_000),
  /** Longest completion, in tokens, of each arm. */
  maxNewTokens: integer(1, 32_768),
  maxNewTokensDirect: integer(1, 32_768),

  /** Length control: s = z(score) − rho·z(length). */
  rho: real(0, 0.5),
  /** At most this share of an iteration's prompts may give a pair whose rejected is malformed. */
  malformedShare: real(0, 1),

  loss: v.picklist(LOSSES),
  beta: real(0, 100),
  labelSmoothing: real(0, 0.49),
  /** α of the chosen's negative log-likelihood (IRPO). */
  sftWeight: real(0, 100),

  /** Id of an imported adapter that the thinking arm goes on from; '': a fresh one. Recipes of before have no such field. */
  adapter: v.optional(text(256), ''),
  rank: integer(1, 256),
  alpha: real(0.001, 4096),
  rsLora: v.boolean(),
  targetModules: v.pipe(
    v.array(v.picklist(TARGET_MODULES)),
    v.minLength(1),
    v.checkItems((x, i, a) => a.indexOf(x) === i),
  ),

  /**
   * Warm-up of the thinking arm: training prompts sampled for it (0: none), and how its well-formed samples are then trained on.
   * Recipes of before have no such fields.
   */
  sftPrompts: v.optional(integer(0, 100_000), 0),
  sftEpochs: v.optional(integer(1, 100), 2),
  sftLearningRate: v.optional(real(0, 1), 2e-4),

  learningRate: real(0, 1),
  schedule: v.picklist(SCHEDULES),
  /** Share of an iteration's steps; at least one step when above 0. */
  warmup: real(0, 1),
  adamBeta1: real(0, 0.9999),
  adamBeta2: real(0, 0.99999),
  adamEpsilon: real(0, 1),
  weightDecay: real(0, 10),
  /** Global gradient norm; 0: no clipping. */
  maxGradNorm: real(0, 1e6),
  epochs: integer(1, 100),
  pairsPerStep: integer(1, 1024),

  /** Held-out prompts used (0: all) and samples of each. */
  evaluationPrompts: integer(0, 100_000),
  evaluationSamples: integer(1, 64),
  /** An arm whose held-out score falls twice in a row stops. */
  earlyStop: v.optional(v.boolean(), false),

  /** Candidates that decode at once. */
  lanes: integer(1, 1024),
  /** Recompute each block's activations in the backward pass: less memory, about a third more time. */
  checkpointing: v.boolean(),
});

export type Recipe = v.InferOutput<typeof RecipeSchema>;
export type Arm = (typeof ARMS)[number];
export type JudgeKind = (typeof JUDGES)[number];
export type JudgeMethod = (typeof JUDGE_METHODS)[number];
export type Pairing = (typeof PAIRINGS)[number];
export type LossKind = (typeof LOSSES)[number];
export type ThoughtFormat = (typeof FORMATS)[number];
export type TargetModule = (typeof TARGET_MODULES)[number];
