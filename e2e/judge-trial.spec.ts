import { PRESETS } from '../src/recipe/presets';
import { expect, test } from './site';

test('starting a run cancels a trial of the judge `self`, because only one policy is loaded at a time', async ({
  page,
}) => {
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
  // Short enough for the context of the bundled model.
  const comparisonPrompt = '{instruction}\n{first}\n{second}\n[[A]] or [[B]]?';
  const ended = await page.evaluate(
    async ([recipe, selfJudged]) => {
      const trial = { instruction: 'Add 1 and 2.', responses: ['3', '4'], reference: null } as const;
      const tried = globalThis.lab.tryJudge(selfJudged, trial).then(
        ({ judge }) => judge,
        ({ code }: { code: string }) => code,
      );
      await globalThis.lab.start(recipe);
      const outcome = await tried;
      await globalThis.lab.stop();
      return outcome;
    },
    [PRESETS.quick, { ...PRESETS.quick, judge: 'self', comparisonPrompt }] as const,
  );
  expect(ended).toBe('cancelled');
});
