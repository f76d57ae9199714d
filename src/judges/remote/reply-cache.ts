import type { JudgeReply } from '../language/judge-model';

/** Replies by question, up to a total number of characters. The least recently used ones are dropped first. */
export class ReplyCache {
  private readonly replies = new Map<string, JudgeReply>();
  private characters = 0;

  constructor(private readonly mostCharacters = 8_000_000) {}

  get(question: string): JudgeReply | undefined {
    const reply = this.replies.get(question);
    if (reply !== undefined) {
      // A Map iterates in the order of insertion: move the reply to the end.
      this.replies.delete(question);
      this.replies.set(question, reply);
    }
    return reply;
  }

  set(question: string, reply: JudgeReply): void {
    this.drop(question);
    this.replies.set(question, reply);
    this.characters += question.length + reply.text.length;
    for (const oldest of this.replies.keys()) {
      if (this.characters <= this.mostCharacters) break;
      this.drop(oldest);
    }
  }

  private drop(question: string): void {
    const reply = this.replies.get(question);
    if (reply === undefined) return;
    this.replies.delete(question);
    this.characters -= question.length + reply.text.length;
  }
}
