/**
 * Generates many candidates at once. Each prompt is put into the cache once, and its K candidates decode in lanes
 * that share it. When a candidate ends, its lane is given to the next one. A candidate depends only on its prompt,
 * seed, stream and number, because the rows of a batch do not influence each other.
 *
 * Two decode submits are in the queue, so that the device decodes while the tokens of the submit before are read. A
 * candidate that has ended therefore stays in its lane for one submit more, and its lane is idle there.
 */
import { IDLE } from '../../engine/ops/sample';
import type { Buffers } from '../../engine/plan';
import { LabError } from '../../lib/errors';
import { checkCount, checkTokens } from '../batch-limits';
import { stepsPerSubmit, writtenSteps } from './generation-plans';
import type { GeneratorParts } from './generator-parts';
import { type Candidate, Lanes } from './lanes';
import { PrefillQueue } from './prefill-queue';
import {
  type Completion,
  type GenerateRequest,
  type GenerationCounts,
  type GenerationEvents,
  prefillRows,
  type Sampling,
} from './request';

const IN_FLIGHT = 2;

/** A decode submit whose tokens have not been read. */
interface Flight {
  readonly lanes: readonly (Candidate | null)[];
  readonly steps: number;
  /** Nothing else ran on the device from the end of the submit before to the end of this one. */
  readonly timed: boolean;
  readonly read: Promise<ArrayBuffer[]>;
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
    const limitOf = ({ promptTokens }: GenerateRequest) =>
      Math.min(sampling.maxNewTokens, this.parts.context - promptTokens.length);
    for (const request of requests) this.checkRequest(request, limitOf(request));
    const began = performance.now();
    const prompts = new PrefillQueue(this.parts, requests, limitOf);
    const decoding = new Decoding(this.parts, buffers, sampling);
    const flights: Flight[] = [];
    let prefill = 0;
    let decoded = 0;
    let lastRead = began;
    let lastPrompt = began;

    for (;;) {
      while (flights.length < IN_FLIGHT && !signal.aborted) {
        const rows = prompts.submit(buffers);
        prefill += rows;
        const flight = decoding.submit(prompts, this.stepMs, flights.length > 0, rows === 0);
        if (flight !== null) flights.push(flight);
        else if (rows === 0) break;
      }
      const flight = flights.shift();
      if (flight === undefined) break;
      const [written] = await flight.read;
      const now = performance.now();
      if (flight.timed) this.stepMs = 0.5 * this.stepMs + (0.5 * (now - lastRead)) / flight.steps;
      lastRead = now;

      decoded += this.take(flight, new Uint32Array(written as ArrayBuffer), decoding, on);
      for (const { request, completions } of prompts.close()) {
        on.prompt(request.position, completions as Completion[], {
          prefill: prefillRows(request),
          decoded: completions.reduce((sum, completion) => sum + (completion?.tokens.length ?? 0), 0),
          seconds: (now - lastPrompt) / 1000,
        });
        lastPrompt = now;
      }
    }
    return { prefill, decoded, seconds: (performance.now() - began) / 1000 };
  }

  /** Appends the tokens of a submit to its candidates. Returns their number. */
  private take({ lanes, steps }: Flight, written: Uint32Array, decoding: Decoding, on: GenerationEvents): number {
    let grown = 0;
    for (const [i, candidate] of lanes.entries()) {
      if (candidate === null) continue;
      const { prompt, number, tokens } = candidate;
      const before = tokens.length;
      for (let step = 0; step < steps; step++) {
        const token = written[step * lanes.length + i] as number;
        if (token !== IDLE) tokens.push(token);
      }
      // It had ended before.
      if (tokens.length === before) continue;
      grown += tokens.length - before;
      const ended = this.parts.ends.has(tokens.at(-1) ?? -1);
      const done = ended || tokens.length >= prompt.limit;
      on.tokens(prompt.request.position, number, tokens, done);
      if (!done) continue;
      decoding.end(candidate);
      prompt.completions[number] = { tokens, ended };
      prompt.left--;
    }
    return grown;
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
}

/** Submits decode steps. */
class Decoding {
  private readonly lanes: Lanes;
  /** The row of `written` that the next step writes to. */
  private step = 0;
  private submits = 0;

  constructor(
    private readonly parts: GeneratorParts,
    private readonly buffers: Buffers,
    private readonly sampling: Sampling,
  ) {
    this.lanes = new Lanes(parts);
  }

  end(candidate: Candidate): void {
    this.lanes.end(candidate);
  }

  /**
   * Starts candidates in free lanes and submits some steps. Null if there is nothing to decode, or if tokens must be
   * read first.
   * @param busy tokens of an earlier submit have not been read
   * @param alone no prefill has been submitted before
   */
  submit(prompts: PrefillQueue, stepMs: number, busy: boolean, alone: boolean): Flight | null {
    const { parts, buffers, lanes } = this;
    const { capacity, decode, pace } = parts;
    const most = stepsPerSubmit(stepMs, capacity);
    if (this.step + most > writtenSteps(capacity) || (lanes.areSparse && !prompts.hasMore)) {
      if (busy) return null;
      lanes.rebuild(buffers);
      this.step = 0;
    }
    lanes.start(buffers, () => prompts.ready(), this.step);
    const steps = Math.min(most, lanes.longest);
    if (steps === 0) return null;

    const { candidates } = lanes;
    const count = candidates.length;
    const { temperature, topK, topP, seed } = this.sampling;
    const values = { lanes: count, temperature, topK, topP, seed };
    decode.prepare(values);
    pace.submit(
      'decode',
      Array.from({ length: steps }, () => ({ plan: decode, buffers, values })),
    );
    const readback = parts.readbacks[this.submits++ % 2 === 0 ? 0 : 1];
    const buffer = buffers.get('written') as GPUBuffer;
    const read = readback.read([{ buffer, offset: this.step * count * 4, bytes: steps * count * 4 }]);
    // If the device is lost, the read before fails first.
    read.catch(() => {});
    this.step += steps;
    for (const candidate of candidates) if (candidate) candidate.submitted += steps;
    return { lanes: candidates, steps, timed: busy && alone, read };
  }
}
