/**
 * Compares a published model, given with the folder: chats from text to greedy answers, and one preference pair with
 * its gradients. Tolerances are wider than for small models, because of thirty layers and logits up to ±35.
 */
import * as v from 'valibot';
import { tensorName } from '../../formats/peft';
import { at } from '../../lib/assert';
import { adapterMatrices, gatherMatrix } from '../../model/adapter-layout';
import { inspect } from '../../model/inspect';
import type { LanguageModel } from '../../model/language-model';
import { loadWeights } from '../../model/load-weights';
import { flatten, layoutOf } from '../../model/peft-layout';
import { layOutWeights, type WeightLayout } from '../../model/weights';
import { longestSequence, pairRows } from '../batch';
import { Trainer } from '../trainer';
import { Workspace } from '../workspace';
import { planWorkspace } from '../workspace-plan';
import { PARITY_CHUNK, type ParityContext } from './forward';
import { type GoldenFolder, readNumbers } from './golden-folder';
import { generateGreedily } from './greedy';
import { compareGradients, gradNorm, NO_OPTIMIZER, readGradient, readPairs } from './preference';
import { type Comparison, compare } from './tolerances';

const numbers = v.array(v.number());
const PromptsSchema = v.array(
  v.object({
    messages: v.array(v.object({ role: v.picklist(['system', 'user', 'assistant']), content: v.string() })),
    text: v.string(),
    ids: numbers,
    greedy_ids: numbers,
    greedy_text: v.string(),
    completion: v.string(),
    completion_ids: numbers,
    completion_logps: numbers,
    completion_logp_sum: v.number(),
  }),
);
type Prompt = v.InferOutput<typeof PromptsSchema>[number];

const DpoSchema = v.object({
  beta: v.number(),
  prompt: v.string(),
  chosen: v.string(),
  rejected: v.string(),
  'logps/chosen': v.number(),
  'logps/rejected': v.number(),
  'reference_logps/chosen': v.number(),
  'reference_logps/rejected': v.number(),
  loss: v.number(),
  grad_norm: v.number(),
  grad_norms: v.record(v.string(), v.number()),
});

/** Forward passes of chats: as in training, and through the f16 cache of generation. */
const CHAT_PASSES = [
  { note: '', cacheType: undefined, tolerances: { logits: 'realLogits', logps: 'realLogps', sums: 'realLogpSums' } },
  {
    note: ', f16 cache',
    cacheType: 'f16',
    tolerances: { logits: 'realHalfCache', logps: 'realHalfCache', sums: 'realLogpSums' },
  },
] as const;

/** Prompt tokens in one prefill. */
const PREFILL_ROWS = 64;

/** @throws LabError bad-file, unsupported-model */
export async function compareRealModel(
  context: ParityContext,
  folder: GoldenFolder,
  model: LanguageModel,
): Promise<Comparison[]> {
  const { maxStorageBufferBindingSize } = context.device.limits;
  const weights = layOutWeights(model.config, model.weights.tensors, {
    maxStorageBufferBindingSize,
    expand: context.expand,
  });
  const opened: OpenedModel = { ...model, layout: weights };
  const prompts = await folder.json('prompts.json', PromptsSchema);
  const rows = (await Promise.all(prompts.map((prompt, i) => compareTexts(model, prompt, `chat ${i}: `)))).flat();
  rows.push(...(await compareChats(context, folder, opened, prompts)));
  rows.push(...(await comparePair(context, folder, opened, prompts)));
  return rows;
}

interface OpenedModel extends LanguageModel {
  readonly layout: WeightLayout;
}

const characters = (text: string) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

async function compareTexts(
  { template, tokenizer }: LanguageModel,
  prompt: Prompt,
  label: string,
): Promise<Comparison[]> {
  const text = await template.render(prompt.messages, true);
  const greedy = tokenizer.decode(prompt.greedy_ids, { special: true });
  const end = prompt.completion_ids.slice(-1);
  return [
    compare(`${label}text`, characters(text), characters(prompt.text), 'exact'),
    compare(`${label}tokens`, await template.encode(prompt.messages, true), prompt.ids, 'exact'),
    compare(
      `${label}completion tokens`,
      [...tokenizer.encodeText(prompt.completion), ...end],
      prompt.completion_ids,
      'exact',
    ),
    compare(`${label}greedy text`, characters(greedy), characters(prompt.greedy_text), 'exact'),
  ];
}

/** Compares logits and log-probabilities of prompts with their completions. */
async function compareChats(
  context: ParityContext,
  folder: GoldenFolder,
  model: OpenedModel,
  prompts: readonly Prompt[],
): Promise<Comparison[]> {
  const { device, cache, tuning } = context;
  const expected = await folder.tensors('prompts.safetensors');
  const buffers = await loadWeights(device, model.weights, model.layout);
  try {
    const options = { weights: model.layout.model, buffers, adapter: null, chunk: PARITY_CHUNK, tuning };
    const rows: Comparison[] = [];
    // One at a time, because the logits of all rows of one chat take 5 to 25 MB.
    for (const [i, { ids, completion_ids, completion_logps, completion_logp_sum }] of prompts.entries()) {
      const { vocabulary } = model.config;
      const last = ids.length - 1;
      const expectedLogits = await readNumbers(expected, `${i}.last_logits`);
      const expectedLogps = await readNumbers(expected, `${i}.logps`);
      for (const { note, cacheType, tolerances } of CHAT_PASSES) {
        const made = await inspect(device, cache, { ...options, cacheType }, [[...ids, ...completion_ids]]);
        const completion = made.logps.slice(last, last + completion_ids.length);
        const sum = completion.reduce((total, logp) => total + logp, 0);
        const check = (name: string, got: ArrayLike<number>, target: ArrayLike<number>, of: keyof typeof tolerances) =>
          rows.push(compare(`chat ${i}: ${name}${note}`, got, target, tolerances[of]));
        const lastLogits = made.logits.subarray(last * vocabulary, (last + 1) * vocabulary);
        check('last logits', lastLogits, expectedLogits, 'logits');
        check('prompt logps', made.logps.subarray(0, last), expectedLogps, 'logps');
        check('completion logps', completion, completion_logps, 'logps');
        check('completion logps, sum', [sum], [completion_logp_sum], 'sums');
      }
    }
    return rows;
  } finally {
    for (const buffer of buffers.values()) device.free(buffer);
  }
}

/** Compares greedy answers, then the pair, where the policy is base + adapter and the reference is the base. */
async function comparePair(
  context: ParityContext,
  folder: GoldenFolder,
  model: OpenedModel,
  prompts: readonly Prompt[],
): Promise<Comparison[]> {
  const { template, tokenizer, config } = model;
  const dpo = await folder.json('dpo.json', DpoSchema);
  const dpoFile = await folder.tensors('dpo.safetensors');
  const pairs = await readPairs(dpoFile, '');
  const pair = at(pairs, 0);
  const adapter = await folder.adapter('adapter');
  const layout = layoutOf(config, adapter);
  const longest = Math.max(...prompts.map(({ greedy_ids }) => greedy_ids.length));
  const plan = planWorkspace({
    weights: model.layout,
    adapter: layout,
    adapters: ['policy', 'reference'],
    generation: {
      lanes: prompts.length,
      maxNewTokens: longest,
      maxPrompt: Math.max(...prompts.map(({ ids }) => ids.length)),
      prompts: prompts.length,
      prefillRows: PREFILL_ROWS,
      steps: 4,
      cacheType: 'f32',
    },
    batch: {
      rows: pairRows(pair),
      scored: pair.chosen.length + pair.rejected.length,
      pairs: 1,
      longest: longestSequence([pair]),
    },
    verdicts: null,
    loss: { kind: 'sigmoid', beta: dpo.beta, labelSmoothing: 0 },
    optimizer: NO_OPTIMIZER,
    checkpointing: false,
    tuning: context.tuning,
  });
  const workspace = await Workspace.make(context.device, context.cache, plan, model.weights);
  try {
    const trainer = new Trainer(workspace);
    const state = { m: null, v: null, step: 0 };
    trainer.setState('policy', { ...state, weights: flatten(adapter, layout) });
    // An adapter of zeros is the base model.
    trainer.setState('reference', { ...state, weights: new Float32Array(layout.size) });

    const rows: Comparison[] = [];
    const greedy = await generateGreedily(
      workspace,
      'reference',
      prompts.map(({ ids }) => ids),
      longest,
      new Set(config.ends),
    );
    prompts.forEach(({ greedy_ids }, i) => {
      rows.push(compare(`chat ${i}: greedy tokens`, greedy[i] ?? [], greedy_ids, 'exact'));
    });

    const end = pair.chosen.slice(-1);
    const message = await template.encode([{ role: 'user', content: dpo.prompt }], true);
    rows.push(compare('pair: prompt tokens', message, pair.prompt, 'exact'));
    rows.push(compare('pair: chosen tokens', [...tokenizer.encodeText(dpo.chosen), ...end], pair.chosen, 'exact'));
    rows.push(
      compare('pair: rejected tokens', [...tokenizer.encodeText(dpo.rejected), ...end], pair.rejected, 'exact'),
    );

    const [reference] = await trainer.score('reference', pairs);
    const step = await trainer.gradient('policy', pairs, reference === undefined ? [] : [reference]);
    const sums = (scores: { chosen: number; rejected: number } | undefined) => [
      scores?.chosen ?? NaN,
      scores?.rejected ?? NaN,
    ];
    rows.push(compare('logps', sums(step.logps[0]), [dpo['logps/chosen'], dpo['logps/rejected']], 'realLogpSums'));
    const referenceLogps = [dpo['reference_logps/chosen'], dpo['reference_logps/rejected']];
    rows.push(compare('reference logps', sums(reference), referenceLogps, 'realLogpSums'));
    rows.push(compare('DPO loss', [step.loss], [dpo.loss], 'realLoss'));

    const flat = await readGradient(workspace);
    const ratios = adapterMatrices(layout).map((matrix) => {
      const norm = Math.hypot(...gatherMatrix(flat, matrix));
      return norm / (dpo.grad_norms[tensorName(matrix.layer, matrix.module, matrix.factor)] ?? NaN);
    });
    rows.push(
      compare('norms of gradients ÷ expected', ratios, new Float32Array(ratios.length).fill(1), 'realGradNorms'),
    );
    rows.push(compare('DPO grad_norm', [await gradNorm(workspace)], [dpo.grad_norm], 'realGradNorm'));
    rows.push(...(await compareGradients(workspace, layout, dpoFile, 'dpo_grad.', 'DPO gradient ', 'realGradients')));
    return rows;
  } finally {
    workspace.dispose();
  }
}
