/**
 * Tokens that are held back at most: more than a character has bytes, with room for special tokens between them. A
 * longer run cannot become valid UTF-8.
 */
const MAX_PENDING = 32;

/**
 * Decodes token by token, and holds back a character until all its bytes have arrived. The cost of a token does not
 * grow with the length of the text.
 */
export class StreamDecoder {
  private readonly decode: (tokens: readonly number[]) => string;
  /** Tokens whose text was returned, decoded again with the next ones: a decoder may strip a leading space. */
  private context: number[] = [];
  private pending: number[] = [];
  /** UTF-16 code units of the pending tokens' text that were returned. */
  private shown = 0;
  private held = false;

  constructor(decode: (tokens: readonly number[]) => string) {
    this.decode = decode;
  }

  /** Whether the last tokens began a character that is not complete yet. */
  get holding(): boolean {
    return this.held;
  }

  /** Returns the text that this token completes, or '' while a character is incomplete. */
  push(token: number): string {
    this.pending.push(token);
    const text = this.text();
    const whole = this.pending.length >= MAX_PENDING;
    const complete = whole ? text : text.replace(/\ufffd+$/, '');
    const delta = complete.slice(this.shown);
    this.shown = Math.max(this.shown, complete.length);
    this.held = complete !== text;
    // A token without text (a special one that is left out) must not become the whole context.
    if (!this.held && (text !== '' || whole)) this.settle(text === '' ? this.context : this.pending);
    return delta;
  }

  /** Returns the text that was held back. Called after the last token. */
  end(): string {
    const rest = this.text().slice(this.shown);
    this.settle([]);
    return rest;
  }

  private settle(context: number[]): void {
    this.context = context;
    this.pending = [];
    this.shown = 0;
    this.held = false;
  }

  private text(): string {
    return this.decode([...this.context, ...this.pending]).slice(this.decode(this.context).length);
  }
}
