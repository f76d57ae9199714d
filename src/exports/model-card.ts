/** The README.md that an adapter leaves with, as the Hugging Face Hub reads model cards. Pure. */
import { KINDS } from '../recipe/judges/kinds';
import type { Arm, Recipe } from '../recipe/recipe';
import { type CardEvaluations, evaluationSection } from './card-evaluation';
import { code, fence, line } from './markdown';

export interface ModelCard extends CardEvaluations {
  readonly name: string;
  /** What `from_pretrained` takes: a Hub id or a folder. */
  readonly baseModel: string;
  readonly arm: Arm;
  /** Iterations that the adapter went through. */
  readonly iteration: number;
  readonly recipe: Recipe;
  /** What the model was asked: `{instruction}` is the user's. Markers null where there is none. */
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
  return `${[frontMatter(card), title(card), method(card), evaluationSection(card), usage(card), recipe(card)].join('\n\n')}\n`;
}

function frontMatter({ baseModel, arm }: ModelCard): string {
  const tags = ['lora', 'dpo', 'tpo', ...(arm === 'thinking' ? ['thought-preference-optimization'] : [])];
  return [
    '---',
    // A JSON string is a YAML string.
    `base_model: ${JSON.stringify(baseModel)}`,
    'library_name: peft',
    'pipeline_tag: text-generation',
    'tags:',
    ...tags.map((tag) => `- ${tag}`),
    '---',
  ].join('\n');
}

function title({ name, baseModel, arm, iteration }: ModelCard): string {
  const what =
    arm === 'thinking'
      ? 'teaches it to write down a thought before it responds'
      : 'is the baseline: the same training without thoughts';
  return `# ${line(name)}\n\nA LoRA adapter for ${code(baseModel)} that ${what}. Trained in a browser tab on WebGPU, ${count(iteration, 'iteration')} of preference optimisation.`;
}

function warmUp({ arm, recipe: r }: ModelCard): string {
  if (arm !== 'thinking' || r.sftPrompts === 0) return '';
  return `First it is warmed up: SFT on its own well-formed completions of ${r.sftPrompts} prompts, ${count(r.sftEpochs, 'epoch')} at ${r.sftLearningRate}.
`;
}

function method(card: ModelCard): string {
  const { arm, recipe: r, trainPrompts, heldoutPrompts, device } = card;
  const written = arm === 'thinking' ? 'a thought and a response' : 'a response';
  const scored =
    arm === 'thinking'
      ? 'The judge scores the response only and never sees the thought'
      : 'The judge scores the response';
  return `## Method

Thought Preference Optimization, after [Thinking LLMs: General Instruction Following with Thought Generation](${PAPER}) (Wu et al., 2024).
${warmUp(card)}In each iteration the model writes ${r.k} candidates for each of ${r.promptsPerIteration} prompts, ${written} each (temperature ${r.temperature}, top-p ${r.topP}).
${scored}: here it is ${KINDS[r.judge].description}.
The best and the worst candidate of a prompt make a pair, and the pairs train the adapter by DPO (loss ${code(r.loss)}, beta ${r.beta}) against the model as
it was at the start of the iteration: rank ${r.rank}, alpha ${r.alpha}${r.rsLora ? ', rank-stabilised' : ''}, AdamW at ${r.learningRate}, ${count(r.epochs, 'epoch')}, ${count(r.pairsPerStep, 'pair')} a step.

| data | prompts |
|---|---|
| trained on | ${line(trainPrompts.name)} (${trainPrompts.rows}) |
| held out | ${line(heldoutPrompts.name)} (${heldoutPrompts.rows}) |

Device: ${line(device)}.`;
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
text = tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True)${after || '\nprint(text)'}`,
)}`;
}

/** transformers cuts to the 50 most probable tokens unless it is told not to. */
const sampling = ({ temperature, topP, topK }: Recipe): string =>
  temperature === 0 ? 'do_sample=False' : `do_sample=True, temperature=${temperature}, top_p=${topP}, top_k=${topK}`;

function recipe({ recipe: r }: ModelCard): string {
  return `## Recipe

Every number of the run.

${fence('json', JSON.stringify(r, null, 2))}`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** A JSON string is a Python string. */
const python = (text: string): string => JSON.stringify(text);
