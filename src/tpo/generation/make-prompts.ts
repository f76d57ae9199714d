/**
 * New instructions written by the model itself from few-shot examples, like the paper's synthetic instructions (Yuan
 * et al. 2024, arXiv 2401.10020, section 3.1). An instruction that is not kept comes with the reason.
 */

import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { NearDuplicates } from '../../lib/near-duplicates';
import { Random } from '../../lib/random';
import { normalised } from '../../lib/text';
import type { Completion, GenerateRequest } from '../../model/generation/request';
import type { MadeFault, MadePrompts, MakePromptsOptions, PromptProgress } from '../../records/prompt-sets';
import type { Prompt } from '../../records/prompts';
import type { Policy } from '../policy';
import type { PromptEncoder } from './run-prompts';

/** Length limits of an instruction, in characters. */
const SHORTEST = 12;
const LONGEST = 2000;
const FEWEST_WORDS = 3;

/** The request for one instruction, with the examples shown in it. */
interface MakeRequest extends GenerateRequest {
  readonly examples: readonly string[];
}

/** The task comes last: small models continue from there. If it came first, they would talk about the list. */
export function makeMessage(examples: readonly string[]): string {
  const shown = examples.map((example, i) => `${i + 1}. ${example}`);
  return (
    `These are requests that people made to an assistant:\n\n${shown.join('\n')}\n\n` +
    'Write one more request that somebody could make, about something else. ' +
    'Write only the request, in one or two sentences, and do not answer it.'
  );
}

/**
 * Draws new examples by the seed for each request. If they do not fit into the context together with the new
 * instruction, fewer are shown.
 * @throws LabError bad-prompts (an empty set), prompt-too-long
 */
export async function makeRequests(
  encoder: PromptEncoder,
  options: MakePromptsOptions,
  prompts: readonly Prompt[],
): Promise<MakeRequest[]> {
  if (prompts.length === 0) throw new LabError('bad-prompts', 'The set has no examples.', 'Choose another set.');
  const requests: MakeRequest[] = [];
  for (let position = 0; position < options.written; position++) {
    const order = new Random(options.seed, `examples ${position}`).permutation(prompts.length);
    let examples = order.slice(0, options.examples).map((i) => at(prompts, i).instruction);
    let promptTokens = await encoder.encodePrompt(makeMessage(examples), false);
    while (promptTokens.length + options.maxNewTokens > encoder.contextLength && examples.length > 1) {
      examples = examples.slice(0, -1);
      promptTokens = await encoder.encodePrompt(makeMessage(examples), false);
    }
    if (promptTokens.length + options.maxNewTokens > encoder.contextLength) {
      throw new LabError(
        'prompt-too-long',
        `One example has ${promptTokens.length} tokens. With ${options.maxNewTokens} tokens for the new ` +
          `instruction, it exceeds the model's context of ${encoder.contextLength} tokens.`,
        'Nothing was lost. Choose a set of shorter prompts, or shorter new ones.',
      );
    }
    requests.push({ position, promptTokens, k: 1, stream: position, examples });
  }
  return requests;
}

/** Prompts that a new instruction must not repeat. */
export interface KnownPrompts {
  /** The set that the examples come from. */
  readonly known: readonly Prompt[];
  /** The set that models are evaluated on. Training on similar prompts would invalidate the evaluation. */
  readonly heldout: readonly Prompt[];
}

export interface MakeHooks {
  /** Called at every token of every instruction. */
  progress(progress: PromptProgress): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * Generates the instructions with the base model: a new adapter changes nothing. Sorts out those that are not usable.
 * @throws LabError cancelled, and what the policy throws
 */
export async function makePrompts(
  policy: Pick<Policy, 'decode' | 'generate' | 'initialState' | 'setState'>,
  options: MakePromptsOptions,
  requests: readonly MakeRequest[],
  { known, heldout }: KnownPrompts,
  hooks: MakeHooks,
  signal: AbortSignal,
): Promise<MadePrompts> {
  const { maxNewTokens, temperature, topP, seed } = options;
  await policy.setState('direct', await policy.initialState('direct', seed));
  const written = new Map<number, number>();
  const done = new Map<number, Completion>();
  const begun = hooks.now();
  const report = () => {
    const tokens = [...written.values()].reduce((sum, count) => sum + count, 0);
    const seconds = (hooks.now() - begun) / 1000;
    const tokensPerSecond = seconds > 0 ? tokens / seconds : null;
    return { kind: 'make', done: done.size, total: requests.length, tokens, tokensPerSecond } as const;
  };
  hooks.progress(report());
  const on = {
    tokens(position: number, _candidate: number, tokens: readonly number[]) {
      written.set(position, tokens.length);
      hooks.progress(report());
    },
    prompt(position: number, [completion]: readonly Completion[]) {
      if (completion) done.set(position, completion);
      hooks.progress(report());
    },
  };
  await policy.generate('direct', requests, { temperature, topP, topK: 0, seed, maxNewTokens }, on, signal);
  if (signal.aborted) throw cancelled();

  const keep = new InstructionFilter({ known, heldout });
  const kept: string[] = [];
  const rejected: MadePrompts['rejected'][number][] = [];
  for (const { position, examples } of requests) {
    const completion = done.get(position);
    if (!completion) throw new Error(`generation ended without instruction ${position}`);
    const { tokens, ended } = completion;
    const text = toInstruction(policy.decode(ended ? tokens.slice(0, -1) : tokens));
    const fault = keep.faultOf(text, ended, examples);
    if (fault === null) kept.push(text);
    else rejected.push({ text, fault });
  }
  const { maxNewTokens: _, apartFrom: __, ...how } = options;
  return { how, kept, rejected, tokensPerSecond: report().tokensPerSecond };
}

const NEXT_OF_LIST = /\n\s*\d+[.)]\s/;
const NEXT_NAMED = /\n\s*(?=(?:#+\s*)?(?:instruction|request)\s*\d*\s*:)/i;

/** The instruction without its number, quotes, and a second one that some models continue with. */
export function toInstruction(text: string): string {
  const whole = text.trim();
  // A model that numbers its instruction continues the list. Otherwise a list belongs to the instruction.
  const next = /^\d+[.)]/.test(whole) ? NEXT_OF_LIST : NEXT_NAMED;
  const [first = ''] = whole.split(next);
  return first
    .replace(/^\s*(?:\*\*)?(?:(?:new\s+)?(?:instruction|request)\s*\d*\s*(?:\*\*)?:|\d+[.)]|[-*]\s)\s*(?:\*\*)?/i, '')
    .trim()
    .replace(/^["“'](.*)["”']$/s, '$1')
    .trim();
}

/** An answer or a thought, after the instruction or in place of it. */
const ANSWERED = new RegExp(
  [
    String.raw`(^|\n)\s*(?:#+\s*|\*\*)?(?:answer|response|output|solution|assistant)\b.{0,12}:`,
    String.raw`\bthe (?:correct |final )?answer is\b`,
    'here is my (?:response|thought process)',
    '<R>',
    '</?think>',
  ].join('|'),
  'i',
);

/** Talk about the list of examples. */
const ABOUT_EXAMPLES =
  /\b(?:instructions?|requests?|examples?)\s+(?:#?\d|above)|\bthese (?:are )?(?:instructions|requests)\b/i;

/** Finds the fault of an instruction, and remembers those without one. */
class InstructionFilter {
  /** The fault of an instruction that repeats this normalised text. */
  private readonly before = new Map<string, MadeFault>();
  private readonly near = new NearDuplicates<MadeFault>();

  constructor({ known, heldout }: KnownPrompts) {
    for (const { instruction } of known) this.add('known', instruction);
    for (const { instruction } of heldout) this.add('held-out', instruction);
  }

  /**
   * The fault of a text that repeats an earlier one, exactly or nearly. Otherwise null, and the text is remembered.
   */
  private add(as: MadeFault, text: string): MadeFault | null {
    const key = normalised(text);
    const found = this.before.get(key) ?? this.near.add(as, text);
    this.before.set(key, found ?? as);
    return found;
  }

  /** Null for a usable instruction, which is then remembered. */
  faultOf(text: string, ended: boolean, examples: readonly string[]): MadeFault | null {
    if (text === '') return 'empty';
    if (!ended) return 'unfinished';
    if (ANSWERED.test(text)) return 'answered';
    if (text.length < SHORTEST || text.split(/\s+/).length < FEWEST_WORDS) return 'short';
    if (text.length > LONGEST) return 'long';
    if (ABOUT_EXAMPLES.test(text)) return 'about';
    const key = normalised(text);
    if (examples.some((example) => normalised(example) === key)) return 'example';
    return this.add('repeated', text);
  }
}

export const cancelled = (): LabError =>
  new LabError('cancelled', 'Making prompts was cancelled.', 'Nothing was stored.');
