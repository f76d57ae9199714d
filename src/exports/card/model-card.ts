/** The README.md of an exported adapter, in the format of the Hugging Face Hub's model cards. */
import { KINDS } from '../../recipe/judges/kinds';
import type { Arm, Recipe } from '../../recipe/recipe';
import { type CardEvaluations, evaluationSection } from './evaluation-section';
import { code, fence, line } from './markdown';

export interface ModelCard extends CardEvaluations {
  readonly name: string;
  /** An argument of `from_pretrained`: a Hub id or a folder. */
  readonly baseModel: string;
  readonly arm: Arm;
  /** Iterations that the adapter was trained for. */
  readonly iteration: number;
  readonly recipe: Recipe;
  /** The thought prompt; `{instruction}` is replaced by the user's text. A marker is null if the format has none. */
  readonly prompt: {
    readonly text: string;
    readonly thoughtMarker: string | null;
    readonly responseMarker: string | null;
  };
  readonly trainPrompts: { readonly name: string; readonly rows: number };
  readonly heldoutPrompts: { readonly name: string; readonly rows: number };
  readonly device: string;
}

const PAPER = 'https://arxiv.org/abs/2410.10630';

export function modelCard(card: ModelCard): string {
  const sections = [frontMatter(card), title(card), method(card), evaluationSection(card), usage(card), recipe(card)];
  return `${sections.join('\n\n')}\n`;
}

function frontMatter({ baseModel, arm }: ModelCard): string {
  const tags = ['lora', 'dpo', 'tpo', ...(arm === 'thinking' ? ['thought-preference-optimization'] : [])];
  return [
    '---',
    // Every JSON string is also a YAML string.
    `base_model: ${JSON.stringify(baseModel)}`,
    'library_name: peft',
    'pipeline_tag: text-generation',
    'tags:',
    ...tags.map((tag) => `- ${tag}`),
    '---',
  ].join('\n');
}

function title({ name, baseModel, arm, iteration }: ModelCard): string {
  const purpose =
    arm === 'thinking'
      ? 'teaches it to write down a thought before it responds'
      : 'is the baseline: it was trained in the same way, but without thoughts';
  return [
    `# ${line(name)}`,
    '',
    `A LoRA adapter for ${code(baseModel)} that ${purpose}.`,
    `Trained in a browser tab on WebGPU by ${count(iteration, 'iteration')} of preference optimisation.`,
  ].join('\n');
}

function method(card: ModelCard): string {
  const { arm, recipe: r, trainPrompts, heldoutPrompts, device } = card;
  const thinks = arm === 'thinking';
  const warmUp = thinks && r.sftPrompts > 0;
  return [
    '## Method',
    '',
    `This is Thought Preference Optimization, from [Thinking LLMs](${PAPER}) (Wu et al., 2024).`,
    ...(warmUp
      ? [
          `The run began with a warm-up: SFT on the model’s own well-formed completions of ${r.sftPrompts} prompts ` +
            `(${count(r.sftEpochs, 'epoch')}, learning rate ${r.sftLearningRate}).`,
        ]
      : []),
    `In each iteration the model writes ${r.k} candidates for each of ${r.promptsPerIteration} prompts, ` +
      `each ${thinks ? 'a thought and a response' : 'a response'} (temperature ${r.temperature}, top-p ${r.topP}).`,
    thinks ? 'The judge scores the response only and never sees the thought.' : 'The judge scores the response.',
    `In this run the judge is ${KINDS[r.judge].description}.`,
    'The best and the worst candidate of a prompt make a pair.',
    `The pairs train the adapter by DPO (loss ${code(r.loss)}, beta ${r.beta}); ` +
      'the reference is the model at the start of the iteration.',
    `The adapter has rank ${r.rank} and alpha ${r.alpha}${r.rsLora ? ', rank-stabilised' : ''}. ` +
      `It is trained by AdamW: learning rate ${r.learningRate}, ` +
      `${count(r.epochs, 'epoch')}, ${count(r.pairsPerStep, 'pair')} per step.`,
    '',
    '| data | prompts |',
    '|---|---|',
    `| trained on | ${line(trainPrompts.name)} (${trainPrompts.rows}) |`,
    `| held out | ${line(heldoutPrompts.name)} (${heldoutPrompts.rows}) |`,
    '',
    `Device: ${line(device)}.`,
  ].join('\n');
}

function usage({ baseModel, arm, prompt, recipe: r }: ModelCard): string {
  const limit = arm === 'thinking' ? r.maxNewTokens : r.maxNewTokensDirect;
  const after =
    prompt.responseMarker === null
      ? ''
      : `
thought, found, response = text.partition(${python(prompt.responseMarker)})${
          prompt.thoughtMarker === null
            ? ''
            : `
thought = thought.replace(${python(prompt.thoughtMarker)}, "", 1)`
        }
print("thought:", thought.strip())
print("response:", response.strip() if found else "(none: the model did not finish its thought)")`;
  return `## How to load it

${fence(
  'python',
  `from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = ${python(baseModel)}  # a folder or a name on the Hub
tokenizer = AutoTokenizer.from_pretrained(base)
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), ".")  # the folder of this file

prompt = ${python(prompt.text)}
message = prompt.replace("{instruction}", "How much is 47 + 38?")
inputs = tokenizer.apply_chat_template(
    [{"role": "user", "content": message}], add_generation_prompt=True, return_tensors="pt", return_dict=True
)
output = model.generate(**inputs, max_new_tokens=${limit}, ${sampling(r)})
completion = output[0, inputs["input_ids"].shape[1]:]
text = tokenizer.decode(completion, skip_special_tokens=True)${after || '\nprint(text)'}`,
)}`;
}

/** `top_k` is always written: without it transformers samples from the 50 most probable tokens only. */
const sampling = ({ temperature, topP, topK }: Recipe): string =>
  temperature === 0 ? 'do_sample=False' : `do_sample=True, temperature=${temperature}, top_p=${topP}, top_k=${topK}`;

function recipe({ recipe: r }: ModelCard): string {
  return `## Recipe

All settings of the run.

${fence('json', JSON.stringify(r, null, 2))}`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Every JSON string is also a Python string. */
const python = (text: string): string => JSON.stringify(text);
