import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { folderTexts } from '../testing/folder-texts';
import { textReader } from './reading';
import { SimilarityJudge } from './similarity-judge';

const FOLDER = new URL('/e2e/golden/judges/embedding/', location.href).href;
const Golden = v.looseObject({ embedding: v.array(v.object({ text: v.string(), cosines: v.array(v.number()) })) });
const open: SimilarityJudge[] = [];

function judge(): SimilarityJudge {
  const made = new SimilarityJudge({
    name: 'embedding',
    model: new URL('model.onnx', FOLDER).href,
    reader: () => textReader(folderTexts(FOLDER), 48),
    graph: { pooling: 'mean', pad: 0, vocabulary: 162 },
    gpu: null,
  });
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.dispose();
});

describe('similarity to the reference answer', () => {
  test('is the cosine that sentence-transformers computes', async () => {
    const { embedding } = v.parse(Golden, await (await fetch('/e2e/golden/judges/expected.json')).json());
    const responses = embedding.map(({ text }) => text);
    const similarity = judge();
    for (const { text, cosines } of embedding) {
      const { scores } = await similarity.score({
        instruction: '',
        responses,
        reference: { answer: text, check: 'exact' },
      });
      for (const [i, cosine] of cosines.entries()) expect(scores[i]).toBeCloseTo(cosine, 4);
    }
    expect(embedding).toHaveLength(6);
  });

  test('is 1 for the answer itself, also with white space around it', async () => {
    const request = {
      instruction: '',
      responses: [' Paris.\n', 'blue'],
      reference: { answer: 'Paris.', check: 'exact' },
    };
    const { scores } = await judge().score(request);
    expect(scores[0]).toBeCloseTo(1, 6);
    expect(scores[1]).toBeLessThan(0.99);
  });

  test('is null without a reference answer, and loads nothing', async () => {
    const { scores, detail } = await judge().score({ instruction: 'Add 1 and 2.', responses: ['3', '4'] });
    expect(scores).toEqual([null, null]);
    expect(detail).toContain('no reference answer');
  });
});
