/**
 * The policy's base weights as the judge. It needs no second download and no reply to parse: each comparison takes two
 * log-probabilities, of the answers A and B.
 */
import { LabError } from '../lib/errors';
import { self } from '../recipe/judges/self';
import type { Recipe } from '../recipe/recipe';
import type { OpenJudge } from './judge';
import type { JudgeModel, JudgeQuestion, JudgeReply } from './language/judge-model';
import { createLanguageJudge } from './language/language-judge';

/** Result of one comparison by the base weights. */
export type VerdictLogps =
  /** Natural logarithms of the probabilities of the answers A and B. */
  | { readonly A: number; readonly B: number }
  /** The question was not asked: it has more tokens than the run planned for, or than fit into the context. */
  | { readonly tokens: number; readonly limit: number };

/** The part of the policy that this judge needs (src/tpo/policy.ts). */
export interface VerdictModel {
  /** @throws LabError device-lost, gpu-error, unsupported-model */
  verdictLogps(messages: readonly string[]): Promise<readonly VerdictLogps[]>;
}

/** Questions that are sent to the device in one batch. */
const BATCH = 16;

/**
 * @param policy the policy of the run, or null while there is none. Called for each batch, because a run opens a new
 * policy after its device was lost
 */
export function selfJudge(recipe: Recipe, policy: () => VerdictModel | null): OpenJudge {
  const model = selfJudgeModel(() => {
    const current = policy();
    if (current !== null) return current;
    throw new LabError('judge-failed', 'The model that judges is not loaded yet.', 'Try again in a moment.');
  });
  return createLanguageJudge(model, { ...recipe, method: self.method });
}

interface WaitingQuestion {
  readonly message: string;
  readonly resolve: (reply: JudgeReply) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects questions into batches. @param policy called for each batch */
export function selfJudgeModel(policy: () => VerdictModel): JudgeModel {
  const waiting: WaitingQuestion[] = [];
  let working = false;

  async function work(): Promise<void> {
    if (working) return;
    working = true;
    while (waiting.length > 0) {
      // Callers ask all their questions in the same turn of the event loop: wait until the turn has ended.
      await new Promise((resolve) => setTimeout(resolve));
      const batch = waiting.splice(0, BATCH);
      if (batch.length === 0) break;
      try {
        const verdicts = await policy().verdictLogps(batch.map(({ message }) => message));
        for (const [i, { resolve }] of batch.entries()) resolve(replyOf(verdicts[i]));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    working = false;
  }

  return {
    name: self.kind,
    concurrency: BATCH,
    pace: self.pace,
    ask({ kind, message }: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
      if (kind === 'rating') return Promise.reject(cannotRate());
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const question = { message, resolve, reject };
        waiting.push(question);
        signal?.addEventListener('abort', () => {
          const index = waiting.indexOf(question);
          if (index !== -1) waiting.splice(index, 1);
          reject(signal.reason);
        });
        void work();
      });
    },
    dispose() {
      for (const { reject } of waiting.splice(0)) reject(new LabError('judge-failed', 'The judge was closed.'));
    },
  };
}

/** A question that was not asked gets a text without a verdict, which says why. */
function replyOf(verdict: VerdictLogps | undefined): JudgeReply {
  if (verdict === undefined) return { text: '(no answer)' };
  if ('tokens' in verdict) {
    return { text: `(not asked: the question has ${verdict.tokens} tokens, and ${verdict.limit} fit)` };
  }
  const { A, B } = verdict;
  return { text: '', logps: { A, B } };
}

const cannotRate = (): LabError =>
  new LabError(
    'judge-failed',
    'The model as its own judge compares responses; it cannot rate a single one.',
    'Choose the method “comparison”, or another judge.',
  );
