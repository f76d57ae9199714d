import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { CardEvaluation } from './evaluation-section';
import { type ModelCard, modelCard } from './model-card';

const evaluation = (iteration: number, arm: CardEvaluation['arm'], accuracy: number): CardEvaluation => ({
  iteration,
  arm,
  prompts: 300,
  samples: 2,
  accuracy,
  accuracyInterval: [accuracy - 0.05, accuracy + 0.05],
  meanScore: accuracy,
  meanScoreInterval: null,
  malformed: 0.0125,
  thoughtTokens: 41.26,
  responseTokens: 8,
});

const card: ModelCard = {
  name: 'First run',
  baseModel: 'tiny-thinker',
  arm: 'thinking',
  iteration: 2,
  recipe: PRESETS.quick,
  prompt: {
    text: 'Think first, then write "<R>".\n\nUser query: {instruction}',
    thoughtMarker: null,
    responseMarker: '<R>',
  },
  trainPrompts: { name: 'Tiny tasks, training', rows: 1500 },
  heldoutPrompts: { name: 'Tiny tasks, held out', rows: 300 },
  evaluations: [evaluation(1, 'direct', 0.481), evaluation(0, 'thinking', 0.4), evaluation(1, 'thinking', 0.6)],
  best: { thinking: 1, direct: 1 },
  judges: { training: 'tiny-judge', evaluation: 'rule' },
  device: 'SwiftShader',
};

describe('a model card', () => {
  it('begins with the metadata that the Hub reads', () => {
    expect(modelCard(card).split('\n').slice(0, 11)).toEqual([
      '---',
      'base_model: "tiny-thinker"',
      'library_name: peft',
      'pipeline_tag: text-generation',
      'tags:',
      '- lora',
      '- dpo',
      '- tpo',
      '- thought-preference-optimization',
      '---',
      '',
    ]);
  });

  it('mentions a warm-up if the thinking arm had one', () => {
    const warm = { ...card, recipe: { ...card.recipe, sftPrompts: 16 } };
    expect(modelCard(warm)).toContain(
      'SFT on the model’s own well-formed completions of 16 prompts (2 epochs, learning rate 0.0002).',
    );
    for (const cold of [card, { ...warm, arm: 'direct' as const }]) expect(modelCard(cold)).not.toContain('warm-up');
  });

  it('lists the evaluations by iteration and arm, with intervals', () => {
    const table = modelCard(card)
      .split('\n')
      .filter((line) => /^\| \d/.test(line));
    expect(table).toEqual([
      '| 0 (seed model) | thinking | 600 | 40.0% [35.0%, 45.0%] | 0.400 | 1.3% | 41.3 | 8.0 |',
      '| 1 | thinking (best) | 600 | 60.0% [55.0%, 65.0%] | 0.600 | 1.3% | 41.3 | 8.0 |',
      '| 1 | direct (best) | 600 | 48.1% [43.1%, 53.1%] | 0.481 | 1.3% | 41.3 | 8.0 |',
    ]);
    expect(modelCard({ ...card, evaluations: [] })).toContain('This run was not evaluated.');
    expect(
      modelCard({ ...card, evaluations: [{ ...evaluation(0, 'direct', 0), accuracy: null, accuracyInterval: null }] }),
    ).toContain('| 600 | – |');
  });

  it('lists win rates, length-controlled ones and differences by category if there are any', () => {
    const numbers = {
      rate: 0.62,
      interval: [0.57, 0.66],
      lengthControlled: 0.6,
      lengthControlledInterval: null,
    } as const;
    const rate = { ...numbers, prompts: 300, byCategory: {} };
    const differences = {
      measure: 'accuracy',
      categories: [
        { category: 'story | maths', prompts: 30, difference: 0.31, interval: [0.2, 0.42] },
        { category: 'add', prompts: 30, difference: -0.05, interval: null },
      ],
    } as const;
    const winRates = [
      { ...rate, against: 'seed' as const },
      { ...rate, against: 'direct' as const },
    ];
    const text = modelCard({
      ...card,
      evaluations: [evaluation(0, 'thinking', 0.4), { ...evaluation(1, 'thinking', 0.6), winRates, differences }],
    });
    expect(text).toContain(
      '| mean score | wins against seed | at equal lengths | wins against direct | at equal lengths | malformed |',
    );
    expect(text).toContain('| 0.400 | – | – | – | – | 1.3% |');
    expect(text).toContain('| 62.0% [57.0%, 66.0%] | 60.0% | 62.0% [57.0%, 66.0%] | 60.0% | 1.3% |');
    expect(text).toContain('thinking − direct after iteration 1 (accuracy, percentage points)');
    expect(text).toContain('| story \\| maths | 30 | 31.0 [20.0, 42.0] |\n| add | 30 | -5.0 |');
    expect(modelCard(card)).not.toContain('wins against');
    expect(modelCard(card)).not.toContain('By category');
    expect(text).toMatch(/```text\nthinking M0 +├─+●─+┤ +40\.0%\nthinking M1 +├─+●─+┤ +60\.0%\n +0\.0% +100\.0%\n```/);
    expect(text).toMatch(/```text\nstory \| maths +│ +├─+●─+┤ +31\.0\nadd +●.*│ +-5\.0\n/);
  });

  it('names and draws the measure by which the best iteration was chosen', () => {
    expect(modelCard(card)).toContain('*best* is the iteration with the highest accuracy.');
    const rate = {
      rate: 0.62,
      interval: [0.57, 0.66],
      lengthControlled: null,
      lengthControlledInterval: null,
    } as const;
    const mixed = modelCard({
      ...card,
      evaluations: [
        { ...evaluation(0, 'thinking', 0.9), checkable: 120, unparsed: { count: 1, of: 590 } },
        {
          ...evaluation(1, 'thinking', 0.1),
          checkable: 120,
          winRates: [{ ...rate, against: 'seed', prompts: 298, unparsed: 7, byCategory: {} }],
        },
      ],
    });
    expect(mixed).toContain('*best* is the iteration with the highest win rate against the seed model.');
    expect(mixed).toMatch(
      /Win rate against the seed model, by iteration:\n\n```text\nthinking M0 .* 50\.0%\nthinking M1 .* 62\.0%\n/,
    );
    expect(mixed).toContain('| 0.900 (1 sample without a verdict) |');
    expect(mixed).toContain('| 10.0% [5.0%, 15.0%] (120 of 300 prompts) |');
    expect(mixed).toContain('| 62.0% [57.0%, 66.0%] (298 of 300 prompts; 7 samples without a verdict) |');
  });

  it('has a table by category of the last evaluation of each arm', () => {
    const result = { prompts: 30, checkable: 30, meanScore: null, meanScoreInterval: null } as const;
    const categories = [
      { ...result, category: 'story | maths', accuracy: 0.7, accuracyInterval: [0.6, 0.8] as const },
      { ...result, category: 'prose', checkable: 12, accuracy: 0.5, accuracyInterval: null },
    ];
    const rate = {
      rate: 0.62,
      interval: null,
      lengthControlled: null,
      lengthControlledInterval: null,
      prompts: 60,
    } as const;
    const byCategory = { 'story | maths': 0.65, prose: 0.58 };
    const text = modelCard({
      ...card,
      evaluations: [
        { ...evaluation(0, 'thinking', 0.4), categories },
        { ...evaluation(1, 'thinking', 0.6), categories, winRates: [{ ...rate, against: 'seed', byCategory }] },
      ],
    });
    expect(text).toContain(`By category, thinking after iteration 1:

| category | prompts | accuracy | wins against seed |
|---|--:|--:|--:|
| story \\| maths | 30 | 70.0% [60.0%, 80.0%] | 65.0% |
| prose | 30 | 50.0% (12 of 30 prompts) | 58.0% |`);
    expect(text).not.toContain('By category, thinking after iteration 0');
  });

  it('has no lengths if all samples are malformed', () => {
    const lost = { ...evaluation(0, 'thinking', 0), malformed: 1, thoughtTokens: null, responseTokens: null };
    expect(modelCard({ ...card, evaluations: [lost] })).toContain('| 100.0% | – | – |');
  });

  it('names the judges, and says why another judge should evaluate', () => {
    expect(modelCard(card)).toContain(
      'Trained by the judge tiny-judge, evaluated by another one, rule. Accuracy is always decided by the rule',
    );
    expect(modelCard(card)).toContain('flatter the result');
    const same = modelCard({ ...card, judges: { training: 'rule', evaluation: 'rule' } });
    expect(same).toContain('Trained and evaluated by the same judge, rule.');
  });

  it('names the method, the paper, the data and the judge', () => {
    const text = modelCard(card);
    expect(text).toContain('https://arxiv.org/abs/2410.10630');
    expect(text).toContain('8 candidates for each of 32 prompts');
    expect(text).toContain('| trained on | Tiny tasks, training (1500) |');
    expect(text).toContain('never sees the thought');
    expect(modelCard({ ...card, arm: 'direct' })).not.toContain('never sees the thought');
  });

  it('contains the recipe in a form that can be read back', () => {
    const json = /```json\n([\s\S]*?)\n```/.exec(modelCard(card))?.[1] ?? '';
    expect(JSON.parse(json)).toEqual(card.recipe);
  });

  it('shows how to load it with PEFT, and where the response begins', () => {
    const python = /```python\n([\s\S]*?)\n```/.exec(modelCard(card))?.[1] ?? '';
    expect(python).toContain('base = "tiny-thinker"');
    expect(python).toContain('prompt = "Think first, then write \\"<R>\\".\\n\\nUser query: {instruction}"');
    expect(python).toContain('max_new_tokens=80, do_sample=True, temperature=0.8, top_p=0.95, top_k=0)');
    expect(python).toContain('text.partition("<R>")');
    expect(python).not.toContain('thought.replace');
    const native = modelCard({
      ...card,
      prompt: { text: '{instruction}', thoughtMarker: '<think>', responseMarker: '</think>' },
    });
    expect(native).toContain('thought = thought.replace("<think>", "", 1)');
    const direct = modelCard({
      ...card,
      arm: 'direct',
      prompt: { text: '{instruction}', thoughtMarker: null, responseMarker: null },
    });
    expect(direct).toContain('max_new_tokens=24');
    expect(direct).toContain('print(text)');
    expect(modelCard({ ...card, recipe: { ...card.recipe, temperature: 0 } })).toContain('do_sample=False)');
  });

  it('is not broken by text that the user wrote', () => {
    const text = modelCard({
      ...card,
      name: 'a | b\n# <script>alert(1)</script> ![x](y)',
      baseModel: 'my`model"',
      prompt: { text: '```\nout {instruction}', thoughtMarker: null, responseMarker: '```' },
      recipe: { ...card.recipe, format: 'custom', thoughtPrompt: '````' },
    });
    expect(text).toContain('base_model: "my`model\\""');
    expect(text).toContain('# a \\| b \\# \\<script\\>alert(1)\\</script\\> \\!\\[x\\](y)\n');
    expect(text).toContain('`` my`model" ``');
    expect(text).toContain('\n````python\n');
    expect(text).toContain('\n`````json\n');
  });
});
