/**
 * The bundle budget of the worker: everything here is left out of the script that it starts with, and is loaded at the
 * first call of its function. What a service imports in the usual way is loaded at the start. The worker has
 * `import()` in this file only.
 */
export const load = {
  // With the first run, dry sample or estimate.
  runSession: () => import('./runs/run-session'),
  engine: () => import('./device/engine'),
  drySample: () => import('../tpo/generation/dry-sample'),
  longestVerdict: () => import('./runs/longest-verdict'),
  lanes: () => import('./runs/lanes'),
  judgeTimes: () => import('./judging/judge-times'),

  // With the first judge of a kind. The code of the judges themselves is loaded by src/judges.
  openers: () => import('../judges/openers'),
  storedJudges: () => import('./judges/stored-judges'),
  remoteJudges: () => import('./judges/remote-judges'),
  webllmModels: () => import('./judges/webllm-models'),
  webllmStorage: () => import('../storage/key-value/webllm'),

  // When the user judges something by hand or with another judge.
  judgeTrials: () => import('./judging/judge-trials'),
  rejudger: () => import('./judging/rejudger'),
  votes: () => import('./judging/votes'),
  pairEditor: () => import('./judging/pair-editor'),

  // In the place Prompts.
  promptImporter: () => import('./prompts/prompt-importer'),
  promptMaker: () => import('./prompts/prompt-maker'),
  hubDatasets: () => import('../hub/dataset'),

  // With the first GGUF file.
  ggufModel: () => import('../model/gguf/gguf-model'),

  // In the place Models.
  transfers: () => import('./models/transfers'),
  hubModels: () => import('../hub/look-up'),
  curatedModels: () => import('./models/curated'),
  onnxDescription: () => import('../judges/onnx/describe'),
  parity: () => import('../training/parity/parity'),
  selfTest: () => import('./device/self-test'),

  // When something is exported, or an adapter imported.
  runExports: () => import('../exports/run-exports'),
  adapterArchive: () => import('../formats/adapter-zip'),
  readAdapter: () => import('./adapters/read-adapter'),
};
