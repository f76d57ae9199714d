/** The README.md that an adapter leaves with, as the Hugging Face Hub reads model cards. Pure. */
import { type JudgeNames, judgesSentence, WHY_ANOTHER_JUDGE } from '../recipe/evaluation-judge';
import { ARMS, type Arm, type Recipe } from '../recipe/recipe';

/** The part of an evaluation that the card shows; as src/tpo/types.ts has it. */
export interface CardEvaluation {
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  readonly samples: number;
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  readonly meanScore: number | null;
  readonly meanScoreInterval: readonly [number, number] | null;
  readonly malformed: number;
  readonly thoughtTokens: number;
  readonly responseTokens: number;
  readonly winRates?: readonly {
    readonly against: 'seed' | 'direct';
    readonly rate: number;
    readonly interval: readonly [number, number] | null;
    readonly lengthControlled: number | null;
    readonly lengthControlledInterval: readonly [number, number] | null;
  }[];
  /** Of the thinking arm: thinking less direct. */
  readonly differences?: {
    readonly measure: 'accuracy' | 'score' | 'wins';
    readonly categories: readonly {
      readonly category: string;
      readonly prompts: number;
      readonly difference: number;
      readonly interval: readonly [number, number] | null;
    }[];
  };
}

export interface ModelCard {
  readonly name: string;
  /** What `from_pretrained` takes: a Hub id or a folder. */
  readonly baseModel: string;
  readonly arm: Arm;
  /** Iterations that the adapter went through. */
  readonly iteration: number;
  readonly recipe: Recipe;
  /** What the model was asked: `{instruction}` is the user's. Markers null where there is none. */
  readonly prompt: { readonly text: string; readonly thoughtMarker: string | null; readonly responseMarker: string | null };
  readonly trainPrompts: { readonly name: string; readonly rows: number };
  readonly heldoutPrompts: { readonly name: string; readonly rows: number };
  readonly evaluations: readonly CardEvaluation[];
  /** Iterations that scored highest on held-out prompts. */
  readonly best: Readonly<Partial<Record<Arm, number>>>;
  readonly judges: JudgeNames;
  readonly device: string;
}

const PAPER = 'https://arxiv.org/abs/2410.10630';

const JUDGES: Readonly<Record<Recipe['judge'], string>> = {
  rule: 'a rule that compares the response with the reference answer of the prompt',
  onnx: 'a reward model that reads the instruction and the response',
  similarity: 'the similarity of the response to the reference answer, by a sentence-embedding model',
  webllm: 'a language model that compares or rates responses, run by WebLLM',
  remote: 'a language model that compares or rates responses, at an OpenAI-compatible address',
  self: 'the base model itself, comparing two responses in both orders',
  human: 'a person who chose the best and the worst response, blind',
  panel: 'a panel of judges, their scores made comparable and added by weight',
};

export function modelCard(card: ModelCard): string {
  return `${[frontMatter(card), title(card), method(card), evaluation(card), usage(card), recipe(card)].join('\n\n')}\n`;
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
    arm === 'thinking' ? 'The judge scores the response only and never sees the thought' : 'The judge scores the response';
  return `## Method

Thought Preference Optimization, after [Thinking LLMs: General Instruction Following with Thought Generation](${PAPER}) (Wu et al., 2024).
${warmUp(card)}In each iteration the model writes ${r.k} candidates for each of ${r.promptsPerIteration} prompts, ${written} each (temperature ${r.temperature}, top-p ${r.topP}).
${scored}: here it is ${JUDGES[r.judge]}.
The best and the worst candidate of a prompt make a pair, and the pairs train the adapter by DPO (loss ${code(r.loss)}, beta ${r.beta}) against the model as
it was at the start of the iteration: rank ${r.rank}, alpha ${r.alpha}${r.rsLora ? ', rank-stabilised' : ''}, AdamW at ${r.learningRate}, ${count(r.epochs, 'epoch')}, ${count(r.pairsPerStep, 'pair')} a step.

| data | prompts |
|---|---|
| trained on | ${cell(trainPrompts.name)} (${trainPrompts.rows}) |
| held out | ${cell(heldoutPrompts.name)} (${heldoutPrompts.rows}) |

Device: ${line(device)}.`;
}

function evaluation({ evaluations, best, judges }: ModelCard): string {
  if (evaluations.length === 0) return '## Evaluation\n\nThis run was not evaluated.';
  const sorted = [...evaluations].sort((a, b) => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm));
  const against = (['seed', 'direct'] as const).filter((who) => sorted.some((e) => rateOf(e, who) !== undefined));
  const columns: readonly (readonly [head: string, cell: (e: CardEvaluation) => string | number])[] = [
    ['iteration', (e) => (e.iteration === 0 ? '0 (seed model)' : e.iteration)],
    ['arm', (e) => `${e.arm}${best[e.arm] === e.iteration ? ' (best)' : ''}`],
    ['samples', (e) => e.prompts * e.samples],
    ['accuracy', (e) => interval(e.accuracy, e.accuracyInterval, percent)],
    ['mean score', (e) => interval(e.meanScore, e.meanScoreInterval, (score) => score.toFixed(3))],
    ...against.flatMap((who) => [
      [`wins against ${who}`, (e: CardEvaluation) => winText(rateOf(e, who))] as const,
      ['at equal lengths', (e: CardEvaluation) => controlledText(rateOf(e, who))] as const,
    ]),
    ['malformed', (e) => percent(e.malformed)],
    ['thought tokens', (e) => e.thoughtTokens.toFixed(1)],
    ['response tokens', (e) => e.responseTokens.toFixed(1)],
  ];
  const rows = sorted.map((e) => `| ${columns.map(([, cell]) => cell(e)).join(' | ')} |`);
  const accurate = sorted.some(({ accuracy }) => accuracy !== null);
  return `## Evaluation

On the held-out prompts, after each iteration; *thinking* writes a thought first, *direct* is the baseline that answers at once, each with an adapter of its own.
In brackets 95% intervals, bootstrapped over prompts; *best* is the iteration that scored highest.${against.length === 0 ? '' : WINS}

${line(judgesSentence(judges, accurate))} ${WHY_ANOTHER_JUDGE}

| ${columns.map(([head]) => head).join(' | ')} |
|---|---|${'--:|'.repeat(columns.length - 2)}
${rows.join('\n')}${categories(sorted)}`;
}

const WINS =
  ' A *win* is a sample that the judge prefers to the other policy’s for the same prompt, a tie half a win: against the seed model of the same arm, and against the direct arm after the same iteration; *at equal lengths*, what a logistic regression predicts without the difference of lengths, after AlpacaEval 2.';

type CardRate = NonNullable<CardEvaluation['winRates']>[number];

const rateOf = ({ winRates = [] }: CardEvaluation, who: CardRate['against']): CardRate | undefined =>
  winRates.find(({ against }) => against === who);

const winText = (rate: CardRate | undefined): string => interval(rate?.rate ?? null, rate?.interval ?? null, percent);

const controlledText = (rate: CardRate | undefined): string =>
  interval(rate?.lengthControlled ?? null, rate?.lengthControlledInterval ?? null, percent);

const MEASURED = {
  accuracy: ['accuracy, percentage points', (x: number) => (100 * x).toFixed(1)],
  score: ['mean score', (x: number) => x.toFixed(3)],
  wins: ['samples won less samples lost, percentage points', (x: number) => (100 * x).toFixed(1)],
} as const;

/** Of the last iteration that both arms were evaluated after. */
function categories(evaluations: readonly CardEvaluation[]): string {
  const last = evaluations.findLast(({ differences }) => differences !== undefined);
  if (last?.differences === undefined) return '';
  const [what, show] = MEASURED[last.differences.measure];
  const rows = last.differences.categories.map(
    ({ category, prompts, difference, interval: bounds }) =>
      `| ${cell(category)} | ${prompts} | ${interval(difference, bounds, show)} |`,
  );
  return `

By category, thinking − direct after iteration ${last.iteration} (${what}):

| category | prompts | thinking − direct |
|---|--:|--:|
${rows.join('\n')}`;
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

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

function interval(value: number | null, bounds: readonly [number, number] | null, show: (value: number) => string): string {
  if (value === null) return '–';
  return bounds ? `${show(value)} [${show(bounds[0])}, ${show(bounds[1])}]` : show(value);
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** Foreign text on one line, with nothing in it that Markdown or HTML reads. */
const line = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&');

const cell = line;

const code = (text: string): string => {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return text.includes('`') ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
};

/** A block that no text within can end. */
function fence(language: string, text: string): string {
  const ticks = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

const longestTicks = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));

/** A JSON string is a Python string. */
const python = (text: string): string => JSON.stringify(text);
