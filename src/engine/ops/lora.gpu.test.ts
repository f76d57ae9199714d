import { describe, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { loraBackward as loraBackwardTwin, loraForward } from '../../reference/lora';
import { expectClose, normals, plus, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { type Lora, type LoraSegment, loraBackward, loraDown } from './lora';

const lab = testLab();

/** Widths of the stacked projections. A negative width has no adapter. */
describe.each([
  { N: 1, I: 4, rank: 4, widths: [4] },
  { N: 64, I: 16, rank: 8, widths: [16, -8, 8] },
  { N: 67, I: 20, rank: 12, widths: [36, 8] },
  { N: 5, I: 40, rank: 16, widths: [-4, 12, 12] },
])('lora of $N rows, $I inputs, rank $rank, projections $widths', ({ N, I, rank, widths }) => {
  const rng = new Rng(N, I);
  const scale = 0.5;
  const segments: LoraSegment[] = [];
  let [outStart, bStart, hStart] = [0, 0, 0];
  for (const width of widths) {
    const outEnd = outStart + Math.abs(width);
    segments.push({ outStart, outEnd, adapter: width < 0 ? null : { hStart, bStart } });
    outStart = outEnd;
    if (width > 0) {
      bStart += width;
      hStart += rank;
    }
  }
  const [O, adapted, totalRank] = [outStart, bStart, hStart];
  const a = normals(rng, totalRank * I);
  const b = normals(rng, adapted * rank);
  const inp = normals(rng, N * I);
  const dout = normals(rng, N * O);
  const twinSegments = segments.map(({ outStart, outEnd, adapter }) => {
    return { outStart, outEnd, rank: adapter ? rank : 0, hStart: adapter?.hStart ?? 0 };
  });
  const twin = { inp, a, b, scale, segments: twinSegments, I, O };

  it('computes h and dh, and adds to the gradients of A and B', async () => {
    const before = { da: normals(rng, a.length), db: normals(rng, b.length) };
    const outputs = await lab().run(
      (p) => {
        const da = p.slot('da', [totalRank, I]);
        const db = p.slot('db', [adapted, rank]);
        const factors = { a: { tensor: p.slot('a', [totalRank, I]) }, b: { tensor: p.slot('b', [adapted, rank]) } };
        const lora: Lora = { ...factors, da: { tensor: da }, db: { tensor: db }, rank, totalRank, scale, segments };
        const x = p.slot('inp', [N, I]);
        const h = loraDown(p, x, lora);
        const dh = loraBackward(p, { inp: x, h, dout: p.slot('dout', [N, O]), lora });
        return { h, dh, da, db };
      },
      { slots: { inp, a, b, dout, ...before } },
    );
    const { h } = loraForward(twin);
    const { da, db, dh } = loraBackwardTwin({ ...twin, h, dout });
    expectClose(outputs.floats('h'), h, TOLERANCES.product);
    expectClose(outputs.floats('dh'), dh, TOLERANCES.product);
    expectClose(outputs.floats('da'), plus(before.da, da), TOLERANCES.product);
    expectClose(outputs.floats('db'), plus(before.db, db), TOLERANCES.product);
  });
});
