/** Page of the WebLLM test: the product's judge, in a worker that can lose its GPU device or be killed. */
import { ours } from '../../../bench/ours';
import { makeProblem } from '../../../bench/problem';
import type { JudgeQuestion, JudgeReply } from '../../../src/judges/language/judge-model';
import { type CompletionResult, type LoadPhase, loadPhase } from '../../../src/judges/webllm/engine';
import { WebllmSession } from '../../../src/judges/webllm/session';
import { openWebllmModel } from '../../../src/judges/webllm/webllm-model';
import { LabError } from '../../../src/lib/errors';
import { LOSE_DEVICES } from './lose-devices';

const record = {
  id: 'smollm2',
  model: `${location.origin}/model/`,
  modelLib: `${location.origin}/library/smollm2-135m-q4_1.wasm`,
};
const source = { id: record.id, record };

/** Exactly one of the two is null. */
export interface Outcome {
  readonly reply: JudgeReply | null;
  readonly failed: { readonly code: string; readonly message: string; readonly advice: string } | null;
}

export interface WebllmPage {
  /** Fetches and loads the model. @returns the phases that it reported */
  load(): Promise<readonly string[]>;
  /** Greedy decoding with the model's default system prompt. */
  complete(message: string, maxTokens: number): Promise<CompletionResult>;
  /** Releases everything that the model holds. */
  release(): Promise<void>;
  /** Asks the judge as a run does; it loads the model if needed. */
  ask(question: JudgeQuestion, abortAfterMs?: number): Promise<Outcome>;
  /** Asks a loaded judge, and destroys its device or kills its worker while it answers, `times` in a row. */
  askAndLose(what: 'device' | 'worker', question: JudgeQuestion, times: number): Promise<Outcome>;
  /** Releases the judge's memory, as before training. @returns whether its worker has ended */
  releaseJudge(): Promise<boolean>;
  /** Runs one training step of the engine on this page. @returns the loss */
  train(): Promise<number>;
}

declare global {
  /** Set by cli/real/webllm/main.ts. */
  var webllm: WebllmPage;
}

let worker: Worker | null = null;
const createWorker = () => {
  const made = new Worker(new URL('./losing.worker.ts', import.meta.url), { type: 'module' });
  const terminate = made.terminate.bind(made);
  made.terminate = () => {
    if (worker === made) worker = null;
    terminate();
  };
  worker = made;
  return made;
};
const session = new WebllmSession(record.id, { createWorker });
/** Shorter than in the product, so that a killed worker is noticed sooner. */
const patience = { ping: 1000, pings: 20 };
let loaded: () => void = () => {};
const onProgress = (phase: LoadPhase | null) => {
  if (phase === null) loaded();
};
const judge = openWebllmModel({ source, features: [], createWorker, patience, onProgress });

async function outcome(reply: Promise<JudgeReply>): Promise<Outcome> {
  try {
    return { reply: await reply, failed: null };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return { reply: null, failed: { code: error.code, message: error.message, advice: error.advice } };
  }
}

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

globalThis.webllm = {
  async load() {
    const phases: string[] = [];
    await session.load(source, true, (report) => phases.push(loadPhase(report).phase));
    return phases;
  },
  complete: (message, maxTokens) => session.complete({ message, maxTokens, logprobs: true }),
  release: () => session.release(),
  ask: (question, abortAfterMs) =>
    outcome(judge.ask(question, abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs))),
  async askAndLose(what, question, times) {
    const asked = outcome(judge.ask(question));
    for (let time = 1; time <= times; time++) {
      const again = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      // Long before the model has read the question.
      await later(300);
      if (what === 'worker') worker?.terminate();
      else new BroadcastChannel(LOSE_DEVICES).postMessage('now');
      if (time < times) await again;
    }
    return asked;
  },
  async releaseJudge() {
    await judge.release?.();
    return worker === null;
  },
  train: async () => (await ours(makeProblem())).trainStep(),
};
