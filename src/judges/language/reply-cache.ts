import type { JudgeReply } from './judge-model';

/** Replies to questions that were asked before, up to so many characters; what was longest not asked for goes first. */
export class ReplyCache {
  readonly #replies = new Map<string, JudgeReply>();
  #characters = 0;

  constructor(private readonly most = 8_000_000) {}

  get(question: string): JudgeReply | undefined {
    const reply = this.#replies.get(question);
    if (reply !== undefined) {
      this.#replies.delete(question);
      this.#replies.set(question, reply);
    }
    return reply;
  }

  set(question: string, reply: JudgeReply): void {
    this.#drop(question);
    this.#replies.set(question, reply);
    this.#characters += question.length + reply.text.length;
    for (const oldest of this.#replies.keys()) {
      if (this.#characters <= this.most) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    const reply = this.#replies.get(question);
    if (reply === undefined) return;
    this.#replies.delete(question);
    this.#characters -= question.length + reply.text.length;
  }
}
