/** Measures a judge on pairs of a right and a wrong response, and on control rows. */
import { runControls } from '../../src/judges/controls';
import type { Judgement, OpenJudge } from '../../src/judges/judge';
import { at } from '../../src/lib/assert';
import type { JudgePair, JudgeResult } from './report';

/** Pairs judged at once, as in a run, for judges that answer several questions together. */
const TOGETHER = 8;

/**
 * Judges every pair. The right response comes first in every second one.
 * @param open resolves when the judge is loaded
 * @param controlled number of pairs whose right response is also compared with control rows
 */
export async function measure(
  open: () => Promise<OpenJudge>,
  pairs: readonly JudgePair[],
  controlled: number,
  report: (line: string) => void,
): Promise<JudgeResult> {
  const begun = performance.now();
  const judge = await open();
  const loaded = performance.now();
  const counts = { right: 0, wrong: 0, tied: 0, silent: 0 };
  const orders = { meetings: 0, decided: 0 };
  let calls = 0;
  let done = 0;
  let seconds = Number.NaN;
  const controls = { rows: 0, failed: 0 };
  const queue = [...pairs.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [i, { instruction, answer, check, right, wrong }] = next;
      const responses = i % 2 === 0 ? [right, wrong] : [wrong, right];
      const judgement = await judge.score({ instruction, responses, reference: { answer, check } });
      counts[outcomeOf(judgement, i % 2)]++;
      calls += judgement.calls?.length ?? 0;
      countOrders(judgement, orders);
      if (++done % 50 === 0) report(`${judge.name}: ${done} of ${pairs.length} pairs`);
    }
  };
  try {
    await Promise.all(Array.from({ length: TOGETHER }, work));
    seconds = (performance.now() - loaded) / 1000;
    for (const { instruction, answer, check, right } of pairs.slice(0, controlled)) {
      const outcomes = await runControls(judge, instruction, [right], { reference: { answer, check } });
      controls.rows += outcomes.filter(({ passed }) => passed !== null).length;
      controls.failed += outcomes.filter(({ passed }) => passed === false).length;
    }
    report(`${judge.name}: ${controls.failed} of ${controls.rows} control rows failed`);
  } finally {
    judge.dispose();
  }
  return {
    ...{ judge: judge.name, pairs: pairs.length, ...counts, controls, calls, seconds },
    orders: orders.meetings === 0 ? null : orders,
    loadSeconds: (loaded - begun) / 1000,
  };
}

/** @param place position of the right response */
function outcomeOf({ scores }: Judgement, place: number): 'right' | 'wrong' | 'tied' | 'silent' {
  const [right, wrong] = [at(scores, place), at(scores, 1 - place)];
  if (right === null || wrong === null) return 'silent';
  // The ratings of a tie differ by rounding only.
  if (Math.abs(right - wrong) < 1e-9) return 'tied';
  return right > wrong ? 'right' : 'wrong';
}

/** The order decided if both orders gave a verdict, but not for the same response. */
function countOrders({ calls = [] }: Judgement, orders: { meetings: number; decided: number }): void {
  const compared = calls.filter(({ shown, verdict }) => shown.length === 2 && verdict !== null);
  const [there, back] = compared;
  if (there?.verdict == null || back?.verdict == null) return;
  orders.meetings++;
  if (there.verdict + back.verdict !== 0) orders.decided++;
}
