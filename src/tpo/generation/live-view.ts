import { StreamDecoder } from '../../lib/stream-decoder';
import type { Arm } from '../../recipe/recipe';
import type { LiveCandidates, Purpose } from '../../records/candidates';
import type { Prompt } from '../../records/prompts';
import { type CompletionFormat, parseCompletion } from './parse-completion';

/** The batch whose candidates are shown. */
export interface LiveContext {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  prompt(position: number): Prompt;
  /** The number of candidates of each prompt. */
  readonly k: number;
  decode(tokens: readonly number[]): string;
  readonly format: CompletionFormat;
}

interface Growing {
  /** May be the policy's own array, which keeps growing. `count` is its length when it was last seen. */
  tokens: readonly number[];
  count: number;
  done: boolean;
  /** Decodes incrementally, each token once. */
  readonly stream: StreamDecoder;
  /** The text of the first `at` tokens, decoded and parsed. */
  shown: { readonly at: number; readonly text: string; readonly thought: string; readonly response: string };
}

/** The shortest time between two events, in milliseconds. */
const SHORTEST_INTERVAL = 100;
/** Decoding and parsing take at most this share of the time. */
const SHARE = 0.05;
/** At most this many prompts are shown: the page has room for one or two. */
const PROMPTS = 4;

const NOTHING = { at: 0, text: '', thought: '', response: '' } as const;

/**
 * Shows candidates as they grow. Tokens are counted at every call; new ones are decoded and the text is parsed a few
 * times a second.
 */
export class LiveView {
  private readonly growing = new Map<number, Growing[]>();
  private due = 0;

  constructor(
    private readonly context: LiveContext,
    private readonly emit: (live: readonly LiveCandidates[]) => void,
    private readonly now: () => number,
  ) {}

  /** Notes the tokens of a candidate so far. Returns how many are new. */
  tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): number {
    let candidates = this.growing.get(position);
    if (!candidates) {
      candidates = Array.from({ length: this.context.k }, () => ({
        tokens: [],
        count: 0,
        done: false,
        stream: new StreamDecoder((some) => this.context.decode(some)),
        shown: NOTHING,
      }));
      this.growing.set(position, candidates);
    }
    const growing = candidates[candidate];
    if (!growing) return 0;
    const grown = tokens.length - growing.count;
    growing.tokens = tokens;
    growing.count = tokens.length;
    growing.done = done;
    if (this.now() >= this.due) this.emitAll();
    return grown;
  }

  /** The prompt has been taken over as a rollout. */
  finish(position: number): void {
    this.growing.delete(position);
  }

  clear(): void {
    this.growing.clear();
  }

  /** Tokens of half-generated prompts. A prompt that is complete and waits for its judge does not count. */
  get tokensInFlight(): number {
    const halfWritten = [...this.growing.values()].filter((candidates) => candidates.some(({ done }) => !done));
    return halfWritten.flat().reduce((sum, { count }) => sum + count, 0);
  }

  private emitAll(): void {
    const begun = this.now();
    const { purpose, iteration, arm, prompt } = this.context;
    const positions = [...this.growing.keys()].sort((a, b) => a - b).slice(0, PROMPTS);
    this.emit(
      positions.map((position) => {
        const { id, instruction } = prompt(position);
        const candidates = (this.growing.get(position) ?? []).map((candidate, index) => {
          const { thought, response } = this.shown(candidate);
          return { index, thought, response, tokens: candidate.count, done: candidate.done };
        });
        return { purpose, iteration, arm, position, promptId: id, instruction, candidates };
      }),
    );
    const end = this.now();
    this.due = end + Math.max(SHORTEST_INTERVAL, (end - begun) / SHARE);
  }

  /** Incomplete characters are left out. */
  private shown(candidate: Growing): Growing['shown'] {
    const { tokens, stream, shown } = candidate;
    if (shown.at < tokens.length) {
      let { text } = shown;
      for (const token of tokens.slice(shown.at)) text += stream.push(token);
      const { thought, response } = parseCompletion(text, false, this.context.format);
      candidate.shown = { at: tokens.length, text, thought, response };
    }
    return candidate.shown;
  }
}
