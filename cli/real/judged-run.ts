/** A complete run of the bundled model that a real language model judges, control rows included. */
import { PRESETS } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';
import type { LabPage } from '../browser/lab-page';
import { follow } from '../tpo/follow';
import type { Check } from './checks';

/** Few questions, because the judging model is slow on a machine without a GPU. */
const SMALL: Partial<Recipe> = {
  arms: ['direct'],
  iterations: 1,
  promptsPerIteration: 8,
  pairing: 'baseline',
  k: 4,
  maxNewTokensDirect: 16,
  temperature: 2,
  topP: 1,
  controls: 1,
  // The rule evaluates, because it costs nothing.
  evaluationJudge: 'rule',
  evaluationPrompts: 8,
  evaluationSamples: 1,
  pairsPerStep: 1,
  epochs: 2,
  learningRate: 1e-3,
};

/** @param judge the judge's fields of the recipe */
export async function checkJudgedRun(lab: LabPage, judge: Partial<Recipe>): Promise<Check[]> {
  const recipe: Recipe = { ...PRESETS.fast, ...SMALL, ...judge };
  const run = await follow(lab, await lab.ask((worker, input) => worker.start(input), recipe));
  const { rollouts, report } = await lab.ask(
    async (worker, id) => ({
      rollouts: await worker.rollouts(id, { purpose: 'train' }),
      report: await worker.report(id),
    }),
    run.id,
  );
  const [iteration] = report.iterations;
  if (iteration === undefined) return [{ what: `a run was judged: ${run.failure?.message ?? run.status}`, ok: false }];
  const calls = rollouts.flatMap(({ judgement }) => judgement?.calls ?? []);
  const controls = rollouts.flatMap(({ judgement }) => judgement?.controls ?? []);
  const { seconds, pairs, train } = iteration;
  const read = calls.filter(({ verdict }) => verdict !== null);
  console.log(
    `  ${calls.length} questions in ${seconds.judge.toFixed(1)} s, ${read.length} verdicts, ${pairs} pairs, ` +
      `${controls.filter(({ passed }) => passed === false).length} of ${controls.length} control ` +
      `rows failed, losses ${train.loss.map((loss) => loss.toFixed(4)).join(' ')}`,
  );
  return [
    { what: 'a run finishes', ok: run.status === 'finished' },
    {
      what: 'each of its prompts was judged, and the version of the judge prompt is stored',
      ok:
        rollouts.length === recipe.promptsPerIteration &&
        rollouts.every(({ judgement }) => judgement?.promptVersion != null),
    },
    { what: 'every question of it has its reply', ok: calls.length > 0 && calls.every(({ reply }) => reply !== '') },
    { what: 'control rows were asked about', ok: controls.length > 0 },
    {
      // A judge of this size may rate everything equal, and then there are no pairs.
      what: 'it trained where the judge preferred something',
      ok:
        train.steps > 0 === pairs > 0 &&
        train.loss.every(Number.isFinite) &&
        (pairs === 0 || Math.abs((train.loss[0] ?? 0) - Math.LN2) < 1e-3),
    },
    { what: 'its memory was what was planned, to the byte', ok: report.memory.peak === report.memory.planned },
  ];
}
