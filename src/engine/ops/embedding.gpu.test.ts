import { describe, it } from 'vitest';
import { Rng } from '../../lib/threefry';
import { embeddingForward } from '../../reference/embedding';
import { expectClose, testLab, testWeight } from '../testing';
import { TOLERANCES } from '../tolerances';
import { embedding } from './embedding';

const lab = testLab();

describe.each(['f32', 'f16', 'bf16'] as const)('embedding of %s', (storage) => {
  it.each([
    { N: 1, V: 3, C: 4, cuts: [], scale: 1 },
    { N: 5, V: 20, C: 256, cuts: [8], scale: 4 },
    { N: 70, V: 21, C: 260, cuts: [7, 14], scale: 0.5 },
  ])('$N of $V rows of $C, cut at $cuts', async ({ N, V, C, cuts, scale }) => {
    const rng = new Rng(N, C);
    const table = testWeight(rng, { rows: V, cols: C, storage, cuts });
    const tokens = Uint32Array.from({ length: N }, () => rng.integer(V));
    // First and last row of the table, and of each of its parts.
    [V - 1, 0, ...cuts, ...cuts.map((cut) => cut - 1)].slice(0, N).forEach((token, n) => {
      tokens[n] = token;
    });
    const outputs = await lab().run((p) => ({ out: embedding(p, p.slot('tokens', [N], 'u32'), table.weight(p), scale) }), {
      slots: { tokens, ...table.slots },
    });
    expectClose(outputs.floats('out'), embeddingForward({ tokens, weight: table.values, C, scale }), TOLERANCES.copy);
  });
});
