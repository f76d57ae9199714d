/** The policy's own base weights as a judge: no second download, no reply to be parsed, two log-probabilities a question. */
import { LabError } from '../lib/errors';
import type { Policy, VerdictLogps } from '../tpo/policy';
import type { JudgeModel, JudgeQuestion, JudgeReply } from './language/judge-model';

/** Questions that travel to the device together. */
const TOGETHER = 16;

interface Waiting {
  readonly message: string;
  readonly resolve: (reply: JudgeReply) => void;
  readonly reject: (error: unknown) => void;
}

/** @param policy as it is when a question is asked: a lost device brings another */
export function selfJudgeModel(policy: () => Pick<Policy, 'verdictLogps'>): JudgeModel {
  const waiting: Waiting[] = [];
  let busy = false;

  async function work(): Promise<void> {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      // Whoever asks several does so in one turn, one after the other.
      await new Promise((resolve) => setTimeout(resolve));
      const some = waiting.splice(0, TOGETHER);
      if (some.length === 0) break;
      try {
        const verdicts = await policy().verdictLogps(some.map(({ message }) => message));
        for (const [i, { resolve }] of some.entries()) resolve(replyOf(verdicts[i]));
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
    busy = false;
  }

  return {
    name: 'self',
    concurrency: TOGETHER,
    pace: 'policy-idle',
    ask({ kind, message }: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply> {
      if (kind === 'rating') return Promise.reject(noRating());
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const question = { message, resolve, reject };
        waiting.push(question);
        signal?.addEventListener('abort', () => {
          const place = waiting.indexOf(question);
          if (place !== -1) waiting.splice(place, 1);
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

/** Not asked is no verdict: a reply that says why, and names none. */
function replyOf(verdict: VerdictLogps | undefined): JudgeReply {
  if (verdict === undefined) return { text: '(no answer)' };
  if ('tokens' in verdict) {
    return { text: `(not asked: the question has ${verdict.tokens} tokens, and ${verdict.limit} fit)` };
  }
  const { A, B } = verdict;
  return { text: '', logps: { A, B } };
}

const noRating = (): LabError =>
  new LabError(
    'judge-failed',
    'The model itself compares responses; it gives no ratings.',
    'Choose comparisons, or another judge.',
  );
