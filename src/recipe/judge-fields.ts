import type { Recipe } from './recipe';

/** What a recipe says of its judges besides which one has a say where: their models, words, schedules and limits. */
export const JUDGE_FIELDS = [
  'onnxModel',
  'onnxTemplate',
  'onnxLabel',
  'similarityModel',
  'webllmModel',
  'remoteUrl',
  'remoteModel',
  'judgeMethod',
  'pairing',
  'swissRounds',
  'ratingPrompt',
  'comparisonPrompt',
  'judgeReplyTokens',
  'judgeConcurrency',
  'judgeCallLimit',
  'judgeTokenLimit',
  'panel',
] as const satisfies readonly (keyof Recipe)[];
