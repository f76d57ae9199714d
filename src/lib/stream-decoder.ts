/** More tokens than any character has bytes, with room for special tokens between them: what is held back longer is no UTF-8. */
const LONGEST = 32;

/** Decodes token by token and holds back a character until all its bytes are there. The cost of a token does not depend on its place. */
export class StreamDecoder {
  readonly #decode: (tokens: readonly number[]) => string;
  /** Tokens whose text is out already but which the next ones need beside them (a decoder may strip a leading space). */
  #context: number[] = [];
  #pending: number[] = [];
  /** UTF-16 code units of the pending tokens' text that are out. */
  #shown = 0;
  #holding = false;

  constructor(decode: (tokens: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** Whether the last tokens began a character that is not complete yet. */
  get holding(): boolean {
    return this.#holding;
  }

  /** What can be shown now that this token is there; '' while a character is incomplete. */
  push(token: number): string {
    this.#pending.push(token);
    const text = this.#text();
    const whole = this.#pending.length >= LONGEST;
    const complete = whole ? text : text.replace(/\ufffd+$/, '');
    const delta = complete.slice(this.#shown);
    this.#shown = Math.max(this.#shown, complete.length);
    this.#holding = complete !== text;
    // A token that shows nothing (a special one left out) must not become the whole context.
    if (!this.#holding && (text !== '' || whole)) this.#settle(text === '' ? this.#context : this.#pending);
    return delta;
  }

  /** What was held back, when nothing more comes. */
  end(): string {
    const rest = this.#text().slice(this.#shown);
    this.#settle([]);
    return rest;
  }

  #settle(context: number[]): void {
    this.#context = context;
    this.#pending = [];
    this.#shown = 0;
    this.#holding = false;
  }

  #text(): string {
    return this.#decode([...this.#context, ...this.#pending]).slice(this.#decode(this.#context).length);
  }
}
