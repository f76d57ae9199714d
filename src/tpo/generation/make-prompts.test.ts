import { expect, it } from 'vitest';
import { at } from '../../lib/assert';
import type { MakePromptsOptions, PromptProgress } from '../../records/prompt-sets';
import type { Prompt } from '../../records/prompts';
import { ScriptedPolicy } from '../testing/scripted-policy';
import { makeMessage, makePrompts, makeRequests, toInstruction } from './make-prompts';

const options: MakePromptsOptions = {
  ...{
    model: 'm',
    from: 's',
    apartFrom: 'h',
    examples: 3,
    seed: 7,
    temperature: 0.6,
    topP: 0.9,
    written: 6,
    maxNewTokens: 200,
  },
};
const prompts: readonly Prompt[] = Array.from({ length: 20 }, (_, i) => ({
  id: `p${i}`,
  instruction: `How much is ${i} plus ${i + 1}?`,
}));
const encode = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

/** A policy that generates the given texts, by position. A text without its end was cut off. */
function writing(texts: readonly string[]) {
  const policy = new ScriptedPolicy();
  policy.generate = async (_arm, requests, _sampling, on) => {
    for (const { position } of requests.toReversed()) {
      const text = at(texts, position);
      const ended = !text.endsWith('…');
      on.prompt(position, [{ tokens: [...encode(text), ...(ended ? [0] : [])], ended }], {
        prefill: 0,
        decoded: 0,
        seconds: 0,
      });
    }
    return { prefill: 0, decoded: 0, seconds: 0 };
  };
  return policy;
}

/** In the set, but not among the examples. */
const long: Prompt = {
  id: 'l',
  instruction: 'Write a short story about a keeper of a lighthouse who collects the sounds of ships in jars.',
};
const before = { known: prompts, heldout: [] };
const hooks = { progress: () => {}, now: () => 0 };
const going = () => new AbortController().signal;

it('draws new examples by the seed for each request', async () => {
  const policy = new ScriptedPolicy();
  const requests = await makeRequests(policy, options, prompts);
  expect(requests.map(({ position, stream, k }) => [position, stream, k])).toEqual(
    [0, 1, 2, 3, 4, 5].map((i) => [i, i, 1]),
  );
  expect(new Set(requests.map(({ examples }) => examples.join())).size).toBe(6);
  for (const { examples, promptTokens } of requests) {
    expect(new Set(examples).size).toBe(3);
    expect(examples.every((example) => prompts.some(({ instruction }) => instruction === example))).toBe(true);
    expect(policy.decode(promptTokens)).toBe(makeMessage(examples));
  }
  expect(await makeRequests(policy, options, prompts)).toEqual(requests);
  expect((await makeRequests(policy, { ...options, seed: 8 }, prompts))[0]).not.toEqual(requests[0]);
});

it('shows fewer examples if the context is short, and refuses if not even one fits', async () => {
  const whole =
    at(await makeRequests(new ScriptedPolicy(), options, prompts), 0).promptTokens.length + options.maxNewTokens;
  const [one] = await makeRequests(new ScriptedPolicy({ contextLength: whole - 1 }), options, prompts);
  expect(one?.examples.length).toBeLessThan(3);
  expect((one?.promptTokens.length ?? 0) + options.maxNewTokens).toBeLessThan(whole);
  await expect(makeRequests(new ScriptedPolicy({ contextLength: 300 }), options, prompts)).rejects.toMatchObject({
    code: 'prompt-too-long',
  });
  await expect(makeRequests(new ScriptedPolicy(), options, [])).rejects.toMatchObject({ code: 'bad-prompts' });
});

it('keeps new instructions, and gives a reason for rejecting the others', async () => {
  const requests = await makeRequests(new ScriptedPolicy(), { ...options, written: 13 }, prompts);
  const example = at(at(requests, 6).examples, 0);
  const known = prompts.find(({ instruction }) => !at(requests, 7).examples.includes(instruction))?.instruction ?? '';
  const heldout = [
    { id: 'h', instruction: 'Please explain to me how the moon moves the water of the sea twice a day.' },
  ];
  const before = { known: [...prompts, long], heldout };
  const texts = [
    'Name three towns by a river.',
    'Request 4: "Write a poem about rain."\n\nRequest 5: Another',
    'name THREE  towns by a river.',
    '',
    'Sum up',
    'What is 2 + 2?\nAnswer: 4',
    example,
    known.toUpperCase(),
    'Tell me about …',
    'The answer is 12.',
    'Requests 1 and 2 are both about sums.',
    `${long.instruction} Thanks!`,
    'please explain to me how the moon moves the water of the sea twice a day',
  ];
  const made = await makePrompts(writing(texts), { ...options, written: 13 }, requests, before, hooks, going());
  expect(made.kept).toEqual(['Name three towns by a river.', 'Write a poem about rain.']);
  expect(made.rejected.map(({ fault }) => fault)).toEqual([
    'repeated',
    'empty',
    'short',
    'answered',
    'example',
    'known',
    'unfinished',
    'answered',
    'about',
    'known',
    'held-out',
  ]);
  expect(made.how).toEqual({ model: 'm', from: 's', examples: 3, seed: 7, temperature: 0.6, topP: 0.9, written: 13 });
});

it('reports its progress, uses the base model, and stops when it is cancelled', async () => {
  const policy = new ScriptedPolicy();
  const requests = await makeRequests(policy, options, prompts);
  const reports: PromptProgress[] = [];
  const made = await makePrompts(
    policy,
    options,
    requests,
    before,
    { ...hooks, progress: (one) => reports.push(one) },
    going(),
  );
  expect(made.kept.length + made.rejected.length).toBe(6);
  expect(reports.at(0)).toMatchObject({ kind: 'make', done: 0, total: 6, tokens: 0 });
  expect(reports.at(-1)).toMatchObject({ done: 6 });
  expect(policy.generated.every(({ arm }) => arm === 'direct')).toBe(true);
  const abort = new AbortController();
  const stopping = makePrompts(
    new ScriptedPolicy({ before: () => abort.abort() }),
    options,
    requests,
    before,
    hooks,
    abort.signal,
  );
  await expect(stopping).rejects.toMatchObject({ code: 'cancelled' });
});

it.each([
  ['  Instruction 9: Do this.  ', 'Do this.'],
  ['**Instruction 3:** Do this.', 'Do this.'],
  ['1. Do this.', 'Do this.'],
  ['4. Do this?\n5. Do that.\n6. Do', 'Do this?'],
  ['- Do this.', 'Do this.'],
  ['“Do this.”', 'Do this.'],
  ['Do this:\n1. first\n2. second', 'Do this:\n1. first\n2. second'],
  ['Do this.\n\n### Instruction 10:\nDo that.', 'Do this.'],
  ['12 plus 3 is how much?', '12 plus 3 is how much?'],
])('removes numbers, quotes and labels around an instruction: %j', (text, instruction) => {
  expect(toInstruction(text)).toBe(instruction);
});
