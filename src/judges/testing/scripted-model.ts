/** A judge model for tests. It reads its question as a model would, and answers with a function. */
import type { JudgeModel, JudgeQuestion, JudgeReply } from '../language/judge-model';

/** A question, parsed into its parts. */
export interface ReadQuestion {
  readonly question: JudgeQuestion;
  readonly instruction: string;
  /** One response, or the first and the second. */
  readonly responses: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** The fenced texts of a question, in order. */
export function fencedTexts(message: string): string[] {
  return [...message.matchAll(/<([a-z]{8})>\n([\s\S]*?)\n<\/\1>/g)].map(([, , text = '']) => text);
}

export interface ScriptedModel extends JudgeModel {
  readonly asked: readonly ReadQuestion[];
  /** The largest number of calls at once so far. */
  readonly mostAtOnce: () => number;
  readonly disposed: () => boolean;
}

export function scriptedModel(
  answer: (read: ReadQuestion) => string | JudgeReply | Promise<string | JudgeReply>,
  change: Partial<JudgeModel> = {},
): ScriptedModel {
  const asked: ReadQuestion[] = [];
  let running = 0;
  let mostAtOnce = 0;
  let disposed = false;
  return {
    name: 'scripted',
    concurrency: 4,
    asked,
    mostAtOnce: () => mostAtOnce,
    disposed: () => disposed,
    async ask(question, signal) {
      const [instruction = '', ...responses] = fencedTexts(question.message);
      const read = { question, instruction, responses, signal };
      asked.push(read);
      mostAtOnce = Math.max(mostAtOnce, ++running);
      try {
        const reply = await answer(read);
        return typeof reply === 'string' ? { text: reply } : reply;
      } finally {
        running--;
      }
    },
    dispose() {
      disposed = true;
    },
    ...change,
  };
}
