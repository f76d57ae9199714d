import type { Buffers } from '../../engine/plan';
import { type GenerationCapacity, promptRow } from './generation-plans';
import type { GeneratorParts } from './generator-parts';
import { type GenerateRequest, type OpenPrompt, prefillRows } from './request';
import { writeRows } from './row-inputs';

/**
 * Puts prompts into the cache, a batch of rows at a time, ahead of the lanes that will continue them. So a batch can
 * be submitted between two decode submits, and no lane waits for a prompt.
 */
export class PrefillQueue {
  /** Prompts of which candidates have not ended, in the order of their requests. */
  readonly open: OpenPrompt[] = [];
  private readonly waiting: GenerateRequest[];
  private readonly freeSlots: number[];
  /** Prompts whose rows have not all been submitted. */
  private filling: OpenPrompt[] = [];

  constructor(
    private readonly parts: GeneratorParts,
    requests: readonly GenerateRequest[],
    private readonly limitOf: (request: GenerateRequest) => number,
  ) {
    const { prompts } = parts.capacity;
    this.waiting = [...requests];
    this.freeSlots = Array.from({ length: prompts }, (_, i) => prompts - 1 - i);
  }

  /** Whether candidates are left that have not started. */
  get hasMore(): boolean {
    return this.waiting.length > 0 || this.open.some(({ started, request }) => started < request.k);
  }

  /** A prompt in the cache of which a candidate can start. */
  ready(): OpenPrompt | undefined {
    return this.open.find(({ request, filled, started }) => filled === prefillRows(request) && started < request.k);
  }

  /** Submits a batch of rows if there are any. Returns their number. */
  submit(buffers: Buffers): number {
    this.admit();
    const { capacity, prefill, pace } = this.parts;
    const rows = [];
    for (const prompt of this.filling) {
      const end = Math.min(prefillRows(prompt.request), prompt.filled + capacity.prefillRows - rows.length);
      for (let position = prompt.filled; position < end; position++) rows.push(rowOf(capacity, prompt, position));
      prompt.filled = end;
    }
    this.filling = this.filling.filter(({ request, filled }) => filled < prefillRows(request));
    if (rows.length === 0) return 0;
    writeRows(this.parts, buffers, 'prefill', rows);
    const values = { prefillRows: rows.length };
    prefill.prepare(values);
    pace.submit('prefill', [{ plan: prefill, buffers, values }]);
    return rows.length;
  }

  /** Frees the cache rows of prompts whose candidates have all ended, and returns them. */
  close(): readonly OpenPrompt[] {
    const ended = this.open.filter(({ left }) => left === 0);
    for (const prompt of ended) {
      this.open.splice(this.open.indexOf(prompt), 1);
      this.freeSlots.push(prompt.slot);
    }
    return ended;
  }

  /** Opens as many prompts as there is room for when soon the candidates will not suffice for the lanes. */
  private admit(): void {
    const unstarted = this.open.reduce((sum, { request, started }) => sum + request.k - started, 0);
    if (unstarted >= this.parts.capacity.lanes / 2) return;
    for (const request of this.waiting.splice(0, this.freeSlots.length)) {
      const prompt = {
        request,
        slot: this.freeSlots.pop() as number,
        limit: this.limitOf(request),
        completions: Array.from({ length: request.k }, () => undefined),
        filled: 0,
        started: 0,
        left: request.k,
      };
      this.open.push(prompt);
      this.filling.push(prompt);
    }
  }
}

function rowOf(capacity: GenerationCapacity, { request, slot }: OpenPrompt, position: number) {
  const start = promptRow(capacity, slot);
  const token = request.promptTokens[position] as number;
  return { token, position, kvRow: start + position, ranges: [0, 0, start, start + position + 1] as const };
}
