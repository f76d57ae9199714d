/**
 * Generates many candidates at once. Each prompt is put into the cache once, and its K candidates decode in lanes
 * that share it. When a lane ends, it is refilled from the queue. A candidate depends only on its prompt, seed,
 * stream and number, because the rows of a batch do not influence each other.
 */
import type { Device } from '../../engine/device';
import { IDLE, LANE_WORDS } from '../../engine/ops/sample';
import { type Pace, SUBMIT_MS } from '../../engine/pace';
import type { Buffers, Plan } from '../../engine/plan';
import type { Readback } from '../../engine/readback';
import { LabError } from '../../lib/errors';
import { checkCount, checkRows, checkTokens } from '../batch-limits';
import { cacheRows, type GenerationCapacity, laneRow, promptRow } from './generation-plans';

export interface GenerateRequest {
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly k: number;
  /** Random stream of this prompt. Each draw depends only on (seed, stream, candidate, token position). */
  readonly stream: number;
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 turns top-k off. */
  readonly topK: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface Completion {
  /** Includes the end-of-turn token if `ended`. */
  readonly tokens: readonly number[];
  readonly ended: boolean;
}

export interface GenerationCounts {
  readonly prefill: number;
  readonly decoded: number;
  readonly seconds: number;
}

export interface GenerationEvents {
  /** A candidate has new tokens. `tokens` are all of its tokens so far. */
  tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): void;
  prompt(position: number, completions: readonly Completion[], counts: GenerationCounts): void;
}

export interface GeneratorParts {
  readonly device: Device;
  readonly prefill: Plan;
  readonly decode: Plan;
  readonly capacity: GenerationCapacity;
  /** Most tokens of a prompt and its completion together. */
  readonly context: number;
  /** Rows of the embedding and of the position table. */
  readonly vocabulary: number;
  readonly positions: number;
  readonly ends: ReadonlySet<number>;
  readonly readback: Readback;
  readonly pace: Pace;
}

interface OpenPrompt {
  readonly request: GenerateRequest;
  /** Index of the prompt's rows in the cache. */
  readonly slot: number;
  readonly completions: (Completion | undefined)[];
  started: number;
  left: number;
}

interface Lane {
  readonly prompt: OpenPrompt;
  readonly candidate: number;
  /** Index of the lane's rows in the cache. */
  readonly slot: number;
  readonly limit: number;
  readonly tokens: number[];
}

export class Generator {
  private stepMs = 10;

  constructor(private readonly parts: GeneratorParts) {}

  /** @throws LabError device-lost, batch-limit (a request does not fit the plan; nothing has been computed) */
  async generate(
    buffers: Buffers,
    requests: readonly GenerateRequest[],
    sampling: Sampling,
    on: GenerationEvents,
    signal: AbortSignal,
  ): Promise<GenerationCounts> {
    const { capacity } = this.parts;
    for (const request of requests) this.checkRequest(request, this.limitOf(request, sampling));
    const began = performance.now();
    const waiting = [...requests];
    const freePrompts = Array.from({ length: capacity.prompts }, (_, i) => capacity.prompts - 1 - i);
    const freeLanes = Array.from({ length: capacity.lanes }, (_, i) => capacity.lanes - 1 - i);
    const open: OpenPrompt[] = [];
    let lanes: Lane[] = [];
    const counts = { prefill: 0, decoded: 0 };
    let lastPrompt = began;

    while (!signal.aborted && (waiting.length > 0 || open.length > 0)) {
      const unstarted = open.reduce((sum, prompt) => sum + prompt.request.k - prompt.started, 0);
      if (unstarted < freeLanes.length && waiting.length > 0 && freePrompts.length > 0) {
        const next = waiting.splice(0, freePrompts.length).map((request): OpenPrompt => {
          const slot = freePrompts.pop() as number;
          return { request, slot, completions: Array.from({ length: request.k }), started: 0, left: request.k };
        });
        this.prefill(buffers, next);
        for (const { request } of next) counts.prefill += request.promptTokens.length - 1;
        open.push(...next);
      }
      // The lanes of a prompt stay beside each other, so that attention reads its keys once for several of them.
      for (const prompt of open) {
        while (prompt.started < prompt.request.k && freeLanes.length > 0) {
          const limit = this.limitOf(prompt.request, sampling);
          lanes.push({ prompt, candidate: prompt.started++, slot: freeLanes.pop() as number, limit, tokens: [] });
        }
      }

      const grown = await this.decode(buffers, lanes, sampling);
      counts.decoded += grown;
      const rest: Lane[] = [];
      for (const lane of lanes) {
        const ended = this.parts.ends.has(lane.tokens.at(-1) ?? -1);
        const done = ended || lane.tokens.length >= lane.limit;
        on.tokens(lane.prompt.request.position, lane.candidate, lane.tokens, done);
        if (!done) {
          rest.push(lane);
          continue;
        }
        freeLanes.push(lane.slot);
        lane.prompt.completions[lane.candidate] = { tokens: lane.tokens, ended };
        lane.prompt.left--;
      }
      lanes = rest;
      for (const prompt of open.filter(({ left }) => left === 0)) {
        open.splice(open.indexOf(prompt), 1);
        freePrompts.push(prompt.slot);
        const completions = prompt.completions as Completion[];
        const now = performance.now();
        on.prompt(prompt.request.position, completions, {
          prefill: prompt.request.promptTokens.length - 1,
          decoded: completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
          seconds: (now - lastPrompt) / 1000,
        });
        lastPrompt = now;
      }
    }
    return { ...counts, seconds: (performance.now() - began) / 1000 };
  }

  /** Most tokens of a completion of this prompt. */
  private limitOf({ promptTokens }: GenerateRequest, { maxNewTokens }: Sampling): number {
    return Math.min(maxNewTokens, this.parts.context - promptTokens.length);
  }

  private checkRequest({ position, promptTokens }: GenerateRequest, limit: number): void {
    const { capacity, vocabulary, positions } = this.parts;
    const prompt = `prompt ${position}`;
    if (promptTokens.length === 0)
      throw new LabError('batch-limit', `The ${prompt} has no tokens.`, 'Nothing was computed. Remove the prompt.');
    checkCount(prompt, 'tokens', promptTokens.length, capacity.maxPrompt);
    checkCount(`completion of ${prompt}`, 'tokens', limit, capacity.maxNewTokens);
    checkCount(`${prompt} with its completion`, 'positions', promptTokens.length + limit - 1, positions);
    checkTokens(prompt, promptTokens, vocabulary);
  }

  /** Puts prompts into the cache, except for their last token, which is the first row of each candidate. */
  private prefill(buffers: Buffers, prompts: readonly OpenPrompt[]): void {
    const { capacity, prefill, pace } = this.parts;
    const rows = prompts.flatMap(({ request, slot }) =>
      request.promptTokens.slice(0, -1).map((token, i) => ({ token, position: i, start: promptRow(capacity, slot) })),
    );
    for (let first = 0; first < rows.length; first += capacity.prefillRows) {
      const batch = rows.slice(first, first + capacity.prefillRows);
      this.writeRows(
        buffers,
        'prefill',
        batch.map(({ token, position, start }) => ({
          token,
          position,
          kvRow: start + position,
          ranges: [0, 0, start, start + position + 1],
        })),
      );
      const values = { prefillRows: batch.length };
      prefill.prepare(values);
      pace.submit('prefill', [{ plan: prefill, buffers, values }]);
    }
  }

  /** Decodes some steps of all lanes, and appends to their tokens. Returns the number of new tokens. */
  private async decode(buffers: Buffers, lanes: readonly Lane[], sampling: Sampling): Promise<number> {
    const { capacity, decode, device, readback, pace } = this.parts;
    if (lanes.length === 0) return 0;
    this.writeRows(
      buffers,
      'lane',
      lanes.map(({ prompt, slot, tokens }) => {
        const { promptTokens } = prompt.request;
        const before = promptTokens.length - 1;
        const start = promptRow(capacity, prompt.slot);
        const firstRow = laneRow(capacity, slot);
        return {
          token: (tokens.at(-1) ?? promptTokens[before]) as number,
          position: before + tokens.length,
          kvRow: firstRow + tokens.length,
          ranges: [start, start + before, firstRow, firstRow + tokens.length + 1],
        };
      }),
    );
    const state = new Uint32Array(lanes.length * LANE_WORDS);
    lanes.forEach(({ prompt, candidate, tokens, limit }, i) => {
      state.set([prompt.request.stream, candidate, tokens.length, limit, 0], i * LANE_WORDS);
    });
    const queue = device.gpu.queue;
    queue.writeBuffer(buffers.get('lanes') as GPUBuffer, 0, state);

    const longest = Math.max(...lanes.map(({ tokens, limit }) => limit - tokens.length));
    const steps = Math.max(1, Math.min(capacity.steps, longest, Math.floor(SUBMIT_MS / this.stepMs)));
    const { temperature, topK, topP, seed } = sampling;
    const values = { lanes: lanes.length, temperature, topK, topP, seed };
    const began = performance.now();
    decode.prepare(values);
    pace.submit(
      'decode',
      Array.from({ length: steps }, () => ({ plan: decode, buffers, values })),
    );
    const [read] = await readback.read([
      { buffer: buffers.get('written') as GPUBuffer, bytes: steps * lanes.length * 4 },
    ]);
    this.stepMs = 0.5 * this.stepMs + (0.5 * (performance.now() - began)) / steps;

    const written = new Uint32Array(read as ArrayBuffer);
    let grown = 0;
    for (let step = 0; step < steps; step++) {
      lanes.forEach((lane, i) => {
        const token = written[step * lanes.length + i] as number;
        if (token === IDLE) return;
        lane.tokens.push(token);
        grown++;
      });
    }
    return grown;
  }

  private writeRows(
    buffers: Buffers,
    prefix: string,
    rows: readonly { token: number; position: number; kvRow: number; ranges: readonly number[] }[],
  ): void {
    const { capacity, device, vocabulary, positions } = this.parts;
    const data = {
      tokens: Uint32Array.from(rows, ({ token }) => token),
      positions: Uint32Array.from(rows, ({ position }) => position),
      kvRows: Uint32Array.from(rows, ({ kvRow }) => kvRow),
      ranges: Uint32Array.from(rows.flatMap(({ ranges }) => ranges)),
    };
    checkRows(`${prefix} batch`, data, { vocabulary, positions, keys: cacheRows(capacity) });
    for (const [name, values] of Object.entries(data))
      device.gpu.queue.writeBuffer(buffers.get(`${prefix} ${name}`) as GPUBuffer, 0, values);
  }
}
